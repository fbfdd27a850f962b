-- What analytics and the audit log are read from, and what templates are for.

-- The counters of usage_daily by the hour, for a week: an hour says when something went wrong.
CREATE TABLE usage_hourly (
    tenant_id    uuid        NOT NULL,
    hour         timestamptz NOT NULL,
    node         integer     NOT NULL,
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
    -- Messages that were opened, or clicked in, at least once.
    unique_opened  bigint NOT NULL DEFAULT 0,
    unique_clicked bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, hour, node)
);
-- For forgetting what is older.
CREATE INDEX usage_hourly_hour ON usage_hourly (hour);
SELECT protect_tenant_table('usage_hourly');
GRANT SELECT ON usage_hourly TO dispatch_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_hourly TO dispatch_system;

ALTER TABLE usage_daily
    ADD COLUMN unique_opened  bigint NOT NULL DEFAULT 0,
    ADD COLUMN unique_clicked bigint NOT NULL DEFAULT 0;
ALTER TABLE usage_monthly
    ADD COLUMN unique_opened  bigint NOT NULL DEFAULT 0,
    ADD COLUMN unique_clicked bigint NOT NULL DEFAULT 0;

-- What a template is for, in words and by kind. Nodes do not need to know it.
ALTER TABLE templates
    ADD COLUMN description text NOT NULL DEFAULT '' CHECK (length(description) <= 500),
    ADD COLUMN kind        text NOT NULL DEFAULT 'transactional'
                           CHECK (kind IN ('transactional', 'marketing', 'system'));
ALTER TABLE template_versions
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN kind        text NOT NULL DEFAULT 'transactional';

-- A list of one source is read in its order.
CREATE INDEX suppressions_source ON suppressions (tenant_id, source, created_at DESC, id);

-- Each list of the audit log is read in its order and stops at its page: those of a tenant, and those of the
-- whole service, which operators ask for. Entries are few and never change, so indexes are cheap here.
DROP INDEX audit_log_newest;
CREATE INDEX audit_log_newest ON audit_log (tenant_id, at DESC, id DESC);
CREATE INDEX audit_log_by_actor ON audit_log (tenant_id, actor, at DESC, id DESC);
CREATE INDEX audit_log_by_action ON audit_log (tenant_id, action, at DESC, id DESC);
CREATE INDEX audit_log_by_record ON audit_log (tenant_id, record_id, at DESC, id DESC);
CREATE INDEX audit_log_of_all ON audit_log (at DESC, id DESC);
CREATE INDEX audit_log_of_all_by_actor ON audit_log (actor, at DESC, id DESC);
CREATE INDEX audit_log_of_all_by_action ON audit_log (action, at DESC, id DESC);
CREATE INDEX audit_log_of_all_by_record ON audit_log (record_id, at DESC, id DESC);
