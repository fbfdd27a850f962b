-- Addresses that a tenant no longer sends to.
--
-- One INSERT for all addresses of a batch, please: it takes the locks of its chunks (0011) in one order.

CREATE TABLE suppressions (
    tenant_id  uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    -- Case-folded as a whole, domain in A-labels.
    address    text        NOT NULL CHECK (length(address) BETWEEN 3 AND 320),
    reason     text        NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    source     text        NOT NULL CHECK (source IN ('hard_bounce', 'complaint', 'unsubscribe', 'manual')),
    -- The event that proves it, where there is one.
    message_id uuid,
    event_node integer,
    event_seq  bigint,
    created_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT suppressions_address_key UNIQUE (tenant_id, address)
);
CREATE INDEX suppressions_newest ON suppressions (tenant_id, created_at DESC, id);
SELECT protect_tenant_table('suppressions');
GRANT SELECT, INSERT, UPDATE, DELETE ON suppressions TO dispatch_tenant, dispatch_system;
