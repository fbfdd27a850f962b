-- People. Those of a portal come with its tokens and need no row here; local accounts do.

CREATE TABLE users (
    id               uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    email            text        NOT NULL CHECK (length(email) BETWEEN 3 AND 320),
    name             text        NOT NULL DEFAULT '',
    -- scrypt with its parameters and salt, in its own text form.
    password_hash    text        NOT NULL,
    is_operator      boolean     NOT NULL DEFAULT false,
    -- Stands in every token that is issued; raising it revokes all of them at once.
    token_generation integer     NOT NULL DEFAULT 0,
    disabled_at      timestamptz,
    last_login_at    timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now()
);
-- Two spellings of one address are one account.
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
GRANT SELECT, INSERT, UPDATE, DELETE ON users TO dispatch_system;

-- Who may do what in a tenant. The subject is the `sub` of a token: a user's id or the portal's own.
CREATE TABLE memberships (
    tenant_id  uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    subject    text        NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    role       text        NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    -- As the token or the invitation gave it; for display.
    email      text,
    added_by   text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, subject)
);
-- "My tenants", asked by the service for the subject of a token.
CREATE INDEX memberships_subject ON memberships (subject);
SELECT protect_tenant_table('memberships');
GRANT SELECT, INSERT, UPDATE, DELETE ON memberships TO dispatch_tenant, dispatch_system;
