-- How mail leaves: what operators say of providers, of their replies and of the addresses we send from, over
-- what the program has built in. All of it is part of the chunk `global`.
--
-- The rows hold together as one whole, part of which is built in: a rule may name a provider that no row
-- here has. So the control plane checks the whole in the transaction of each change, under a lock
-- ('dispatch shaping'), and the constraints here are those that rows have among themselves.

CREATE TABLE shaping_providers (
    id                          text        PRIMARY KEY,
    -- The lower comes first; built-in providers stand behind.
    position                    bigint      NOT NULL,
    hosts                       text[]      NOT NULL,
    -- NULL leaves what the provider `default` has.
    max_connections             bigint,
    max_messages_per_connection bigint,
    messages_per_second         double precision
);

CREATE TABLE shaping_rules (
    id                          text        PRIMARY KEY,
    position                    bigint      NOT NULL,
    enabled                     boolean     NOT NULL,
    -- Where it holds; both NULL is everywhere.
    provider                    text,
    destination                 text,
    -- What the reply must be; what is NULL is not asked for.
    code                        text,
    enhanced_code               text,
    contains                    text,
    category                    text,
    threshold                   bigint      NOT NULL,
    window_seconds              bigint      NOT NULL,
    action                      text        NOT NULL
                                            CHECK (action IN ('suspend_lane', 'suspend_tenant', 'slow_lane')),
    max_connections             bigint,
    max_messages_per_connection bigint,
    messages_per_second         double precision,
    duration_seconds            bigint      NOT NULL,
    reason                      text        NOT NULL
);

-- A plan's groups lie in its row: nothing refers to one of them.
CREATE TABLE warm_up_plans (
    id     text  PRIMARY KEY,
    -- [{"provider", "first_day", "growth", "warm_at"}]
    groups jsonb NOT NULL CHECK (jsonb_typeof(groups) = 'array')
);

CREATE TABLE egress_sources (
    id            text        PRIMARY KEY,
    -- Whose addresses they are. The source of a removed node stays: pools name it, and nobody sends from it.
    node          integer     NOT NULL REFERENCES nodes (number),
    ipv4          text,
    ipv6          text,
    hello_name    text        NOT NULL,
    -- May be built in.
    warm_up       text,
    warm_up_since timestamptz,
    CONSTRAINT egress_sources_warm_up_has_a_day CHECK (num_nulls(warm_up, warm_up_since) IN (0, 2))
);
CREATE INDEX egress_sources_node ON egress_sources (node);

CREATE TABLE egress_pools (
    id text PRIMARY KEY
);

CREATE TABLE egress_pool_members (
    pool    text   NOT NULL REFERENCES egress_pools (id) ON DELETE CASCADE,
    -- Rows that are replaced together refer to each other before all of them are there.
    source  text   NOT NULL REFERENCES egress_sources (id) DEFERRABLE INITIALLY DEFERRED,
    ordinal bigint NOT NULL,
    weight  bigint NOT NULL CHECK (weight > 0),
    PRIMARY KEY (pool, source)
);
CREATE INDEX egress_pool_members_source ON egress_pool_members (source);

GRANT SELECT, INSERT, UPDATE, DELETE
    ON shaping_providers, shaping_rules, warm_up_plans, egress_sources, egress_pools, egress_pool_members
    TO dispatch_system;

-- Which sources the mail of a plan leaves from; NULL: the pool `default`, else the node's own address. Tenants
-- get them with their limits, by the trigger that plans have.
ALTER TABLE plans
    ADD COLUMN transactional_pool text REFERENCES egress_pools (id) DEFERRABLE INITIALLY DEFERRED,
    ADD COLUMN bulk_pool          text REFERENCES egress_pools (id) DEFERRABLE INITIALLY DEFERRED;

-- A statement that changes no row publishes nothing (see 0017).
DO $$
DECLARE
    changed text;
BEGIN
    FOREACH changed IN ARRAY ARRAY['shaping_providers', 'shaping_rules', 'warm_up_plans', 'egress_sources',
                                   'egress_pools', 'egress_pool_members'] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER INSERT OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION bump_global_chunk()',
            changed || '_changed', changed);
        EXECUTE format(
            'CREATE TRIGGER %I AFTER UPDATE ON %I FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) '
            'EXECUTE FUNCTION bump_global_chunk()',
            changed || '_updated', changed);
    END LOOP;
END
$$;
