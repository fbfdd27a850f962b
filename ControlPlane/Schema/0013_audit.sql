-- Who did what, and which requests were answered already.

-- Append-only. The nil UUID as tenant is the service itself: nodes, plans, keys.
CREATE TABLE audit_log (
    tenant_id   uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    id          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    at          timestamptz NOT NULL DEFAULT now(),
    actor_kind  text        NOT NULL CHECK (actor_kind IN ('user', 'operator', 'api_key', 'credential',
                                                           'node', 'system')),
    actor       text        NOT NULL,
    action      text        NOT NULL CHECK (action ~ '^[a-z][a-z0-9_.]{0,62}$'),
    record_kind text        NOT NULL DEFAULT '',
    record_id   text        NOT NULL DEFAULT '',
    -- What changed; never a secret.
    detail      jsonb       NOT NULL DEFAULT '{}',
    request_id  text,
    remote_ip   inet,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_log_newest ON audit_log (tenant_id, at DESC);
SELECT protect_tenant_table('audit_log');
GRANT SELECT, INSERT ON audit_log TO dispatch_tenant, dispatch_system;

-- One row a request with an Idempotency-Key. It is inserted before the work, without a status: who finds such
-- a row must wait. The answer is filled in afterwards; of a 5xx the row is deleted.
CREATE TABLE idempotency_keys (
    tenant_id       uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    route           text        NOT NULL,
    key             text        NOT NULL CHECK (length(key) BETWEEN 1 AND 256),
    request_hash    bytea       NOT NULL CHECK (octet_length(request_hash) = 32),
    response_status smallint,
    response_type   text,
    response_body   bytea,
    -- When a request without an answer counts as dead, so that its client may try again.
    locked_until    timestamptz NOT NULL DEFAULT now() + interval '60 seconds',
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL DEFAULT now() + interval '24 hours',
    PRIMARY KEY (tenant_id, route, key)
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
SELECT protect_tenant_table('idempotency_keys');
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO dispatch_tenant, dispatch_system;
