-- Counters for quotas, bills and charts, from the same events as the message log.
--
-- A row for each node too: intake of one node is serial, so no two of them ever wait for the same counter.
-- Readers sum over nodes.

CREATE TABLE usage_daily (
    tenant_id    uuid   NOT NULL,
    day          date   NOT NULL,
    node         integer NOT NULL,
    messages     bigint NOT NULL DEFAULT 0,
    -- Accepted recipients: what quotas and bills count.
    recipients   bigint NOT NULL DEFAULT 0,
    delivered    bigint NOT NULL DEFAULT 0,
    deferred     bigint NOT NULL DEFAULT 0,
    hard_bounced bigint NOT NULL DEFAULT 0,
    soft_bounced bigint NOT NULL DEFAULT 0,
    expired      bigint NOT NULL DEFAULT 0,
    failed       bigint NOT NULL DEFAULT 0,
    cancelled    bigint NOT NULL DEFAULT 0,
    suppressed   bigint NOT NULL DEFAULT 0,
    complained   bigint NOT NULL DEFAULT 0,
    opened       bigint NOT NULL DEFAULT 0,
    clicked      bigint NOT NULL DEFAULT 0,
    unsubscribed bigint NOT NULL DEFAULT 0,
    bytes        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, day, node)
);

-- The same by calendar month in UTC, `month` being its first day; kept when the days are gone.
CREATE TABLE usage_monthly (
    tenant_id    uuid   NOT NULL,
    month        date   NOT NULL CHECK (extract(day FROM month) = 1),
    node         integer NOT NULL,
    messages     bigint NOT NULL DEFAULT 0,
    recipients   bigint NOT NULL DEFAULT 0,
    delivered    bigint NOT NULL DEFAULT 0,
    deferred     bigint NOT NULL DEFAULT 0,
    hard_bounced bigint NOT NULL DEFAULT 0,
    soft_bounced bigint NOT NULL DEFAULT 0,
    expired      bigint NOT NULL DEFAULT 0,
    failed       bigint NOT NULL DEFAULT 0,
    cancelled    bigint NOT NULL DEFAULT 0,
    suppressed   bigint NOT NULL DEFAULT 0,
    complained   bigint NOT NULL DEFAULT 0,
    opened       bigint NOT NULL DEFAULT 0,
    clicked      bigint NOT NULL DEFAULT 0,
    unsubscribed bigint NOT NULL DEFAULT 0,
    bytes        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, month, node)
);

SELECT protect_tenant_table('usage_daily');
SELECT protect_tenant_table('usage_monthly');
GRANT SELECT ON usage_daily, usage_monthly TO dispatch_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_daily, usage_monthly TO dispatch_system;
