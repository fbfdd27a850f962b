-- What was erased from the log stays out of it.

-- Somebody was erased from it: what a host says of nobody by name may be about him.
ALTER TABLE emails ADD COLUMN is_redacted boolean NOT NULL DEFAULT false;

-- Opens, clicks and unsubscriptions of messages that the log does not have yet. They wait for them here, for
-- some days. Addresses stand in it: an erasure takes them out.
CREATE TABLE early_events (
    tenant_id  uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    message_id uuid        NOT NULL,
    node       integer     NOT NULL,
    seq        bigint      NOT NULL,
    recipient  text        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('opened', 'clicked', 'unsubscribed')),
    at         timestamptz NOT NULL,
    detail     jsonb       NOT NULL,
    arrived_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, message_id, node, seq)
);
CREATE INDEX early_events_arrived ON early_events (arrived_at);
SELECT protect_tenant_table('early_events');
GRANT SELECT, DELETE ON early_events TO dispatch_tenant;
-- Rows are locked while they move into the log.
GRANT SELECT, INSERT, UPDATE, DELETE ON early_events TO dispatch_system;
