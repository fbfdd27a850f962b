-- What each node has told of each tenant when the nodes were last told of it: they share quotas and rates.

CREATE TABLE usage_shares (
    tenant_id        uuid        NOT NULL,
    node             integer     NOT NULL,
    month            date        NOT NULL,
    day              date        NOT NULL,
    month_recipients bigint      NOT NULL,
    day_recipients   bigint      NOT NULL,
    -- Of the month, to see how many came since.
    messages         bigint      NOT NULL,
    per_minute       bigint      NOT NULL DEFAULT 0,
    told_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, node)
);
SELECT protect_tenant_table('usage_shares');
GRANT SELECT ON usage_shares TO dispatch_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_shares TO dispatch_system;
