-- What programs authenticate with. Secrets are random and long, so a plain SHA-256 of them is enough and can
-- be compared at every request; the secret itself is shown once and stored nowhere.

CREATE TABLE api_keys (
    tenant_id       uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id              uuid        NOT NULL DEFAULT gen_random_uuid(),
    name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    -- The first characters, by which people tell their keys apart.
    prefix          text        NOT NULL,
    hash            bytea       NOT NULL CHECK (octet_length(hash) = 32),
    scopes          text[]      NOT NULL CHECK (cardinality(scopes) > 0),
    -- What is sent with a test key is captured and never leaves.
    mode            text        NOT NULL CHECK (mode IN ('live', 'test')),
    -- When set, the only sender domain of this key.
    domain          text        CHECK (domain = lower(domain)),
    rate_per_minute integer     NOT NULL DEFAULT 100 CHECK (rate_per_minute > 0),
    -- Empty: from anywhere.
    allowed_cidrs   cidr[]      NOT NULL DEFAULT '{}',
    expires_at      timestamptz,
    revoked_at      timestamptz,
    last_used_at    timestamptz,
    created_by      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT api_keys_hash_key UNIQUE (hash)
);
SELECT protect_tenant_table('api_keys');
-- Keys are revoked, not deleted: what was sent with one still names it.
GRANT SELECT, INSERT, UPDATE ON api_keys TO dispatch_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO dispatch_system;

CREATE TABLE credentials (
    tenant_id     uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id            uuid        NOT NULL DEFAULT gen_random_uuid(),
    label         text        NOT NULL CHECK (length(label) BETWEEN 1 AND 200),
    username      text        NOT NULL CHECK (username = lower(username)),
    password_hash bytea       NOT NULL CHECK (octet_length(password_hash) = 32),
    allowed_cidrs cidr[]      NOT NULL DEFAULT '{}',
    revoked_at    timestamptz,
    last_used_at  timestamptz,
    created_by    text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT credentials_username_key UNIQUE (username)
);
SELECT protect_tenant_table('credentials');
GRANT SELECT, INSERT, UPDATE ON credentials TO dispatch_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON credentials TO dispatch_system;
