-- Links that are followed: the keys that prove their tokens, and a host of its own for each domain.

-- Secrets of tracking and unsubscribe links, under the master key. The id stands in each token. A key waits
-- until the nodes have it, makes tokens until another takes over, and proves those that it made for long after.
CREATE TABLE tracking_keys (
    id            smallint    PRIMARY KEY CHECK (id BETWEEN 0 AND 255),
    secret_sealed bytea       NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- NULL while it waits.
    in_use_since  timestamptz,
    -- When another took over.
    replaced_at   timestamptz,
    CONSTRAINT tracking_keys_used_before_replaced CHECK (replaced_at IS NULL OR in_use_since IS NOT NULL)
);
-- One makes tokens.
CREATE UNIQUE INDEX tracking_keys_in_use ON tracking_keys ((true))
    WHERE in_use_since IS NOT NULL AND replaced_at IS NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON tracking_keys TO dispatch_system;
CREATE TRIGGER tracking_keys_changed AFTER INSERT OR DELETE OR UPDATE OF in_use_since, replaced_at
    ON tracking_keys FOR EACH STATEMENT EXECUTE FUNCTION bump_global_chunk();

ALTER TABLE domains
    -- Whether `tracking_host` was seen to lead to the service: only then links name it.
    ADD COLUMN tracking_live          boolean     NOT NULL DEFAULT false,
    ADD COLUMN tracking_set_at        timestamptz,
    -- Since when its record is surely not there; after 72 hours links name it no more.
    ADD COLUMN tracking_missing_since timestamptz,
    ADD CONSTRAINT domains_tracking_complete CHECK (
        num_nulls(tracking_host, tracking_set_at) IN (0, 2)
        AND (tracking_host IS NOT NULL OR (NOT tracking_live AND tracking_missing_since IS NULL)));

DROP TRIGGER domains_updated ON domains;
CREATE TRIGGER domains_updated AFTER UPDATE ON domains FOR EACH ROW
    WHEN ((OLD.domain, OLD.status, OLD.selector, OLD.dkim_private_sealed, OLD.tracking_host,
           OLD.tracking_live, OLD.covers_subdomains)
        IS DISTINCT FROM
          (NEW.domain, NEW.status, NEW.selector, NEW.dkim_private_sealed, NEW.tracking_host,
           NEW.tracking_live, NEW.covers_subdomains))
    EXECUTE FUNCTION bump_tenant_chunk('tenant_id');
