-- Where a tenant wants to be told of what happens to its mail.

CREATE TABLE webhooks (
    tenant_id       uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id              uuid        NOT NULL DEFAULT gen_random_uuid(),
    url             text        NOT NULL CHECK (length(url) BETWEEN 8 AND 2048),
    description     text        NOT NULL DEFAULT '',
    events          text[]      NOT NULL
                                CHECK (cardinality(events) > 0 AND events <@ ARRAY[
                                    'sent', 'delivered', 'bounced', 'complained',
                                    'deferred', 'opened', 'clicked', 'unsubscribed']),
    -- Sealed with the cluster key, for the nodes that sign with it.
    secret_sealed   bytea       NOT NULL,
    disabled_at     timestamptz,
    disabled_reason text,
    created_by      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
SELECT protect_tenant_table('webhooks');
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO dispatch_tenant, dispatch_system;
