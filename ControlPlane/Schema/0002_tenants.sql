-- What a tenant may send, and who the tenants are.

CREATE TABLE plans (
    code                text        PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_-]{0,62}$'),
    name                text        NOT NULL,
    -- NULL is without limit.
    monthly_quota       bigint      CHECK (monthly_quota >= 0),
    daily_quota         bigint      CHECK (daily_quota >= 0),
    rate_per_minute     integer     NOT NULL CHECK (rate_per_minute > 0),
    max_recipients      integer     NOT NULL DEFAULT 50 CHECK (max_recipients BETWEEN 1 AND 1000),
    max_message_bytes   bigint      NOT NULL DEFAULT 26214400 CHECK (max_message_bytes > 0),
    log_retention_days  integer     NOT NULL CHECK (log_retention_days BETWEEN 1 AND 400),
    log_bodies          boolean     NOT NULL DEFAULT true,
    overage_allowed     boolean     NOT NULL DEFAULT false,
    deadline_hours      integer     NOT NULL DEFAULT 72 CHECK (deadline_hours BETWEEN 1 AND 168),
    -- Order in the list of plans, and whether customers see it there.
    position            integer     NOT NULL DEFAULT 0,
    is_listed           boolean     NOT NULL DEFAULT true,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON plans TO dispatch_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON plans TO dispatch_system;

CREATE TABLE tenants (
    -- The nil UUID stands for the service itself in the audit log.
    id                      uuid        PRIMARY KEY DEFAULT gen_random_uuid()
                                        CHECK (id <> '00000000-0000-0000-0000-000000000000'),
    name                    text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    slug                    text        NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    plan_code               text        NOT NULL REFERENCES plans (code),
    -- suspended: by an operator or for unpaid bills; blocked: for abuse.
    status                  text        NOT NULL DEFAULT 'active'
                                        CHECK (status IN ('active', 'suspended', 'blocked')),
    status_reason           text,
    status_changed_at       timestamptz,
    overage_enabled         boolean     NOT NULL DEFAULT false,
    -- Nodes seal message bodies to the public key (X25519); the private one is sealed with the master key.
    body_public_key         bytea       NOT NULL CHECK (octet_length(body_public_key) = 32),
    body_private_key_sealed bytea       NOT NULL,
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tenants_plan ON tenants (plan_code);
SELECT protect_tenant_table('tenants', 'id');
-- A tenant changes its own name and overage. Plan and status are the service's.
GRANT SELECT, UPDATE (name, overage_enabled, updated_at) ON tenants TO dispatch_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON tenants TO dispatch_system;
