-- Accounts at DNS providers, which belong to people, and what was changed with them, which belongs to tenants.

-- The subject is the `sub` of a token, as in memberships. No tenant sees this table: it is read as the system,
-- always with the subject of the caller.
CREATE TABLE dns_providers (
    subject    text        NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    kind       text        NOT NULL CHECK (kind IN ('cloudflare', 'route53', 'gcp')),
    label      text        NOT NULL CHECK (length(label) BETWEEN 1 AND 200),
    -- The end of a key or an address: tells accounts apart and opens nothing.
    hint       text        NOT NULL,
    -- The credential as JSON, sealed with the master key.
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subject, id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON dns_providers TO dispatch_system;

-- One row a set-up, written before the provider is asked to change anything: whatever happens, the records as
-- they were are known. A row outlives its domain and its provider.
CREATE TABLE dns_changes (
    tenant_id   uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- The undo id.
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    domain_id   uuid        NOT NULL,
    domain      text        NOT NULL,
    subject     text        NOT NULL,
    provider_id uuid        NOT NULL,
    kind        text        NOT NULL,
    zone_id     text        NOT NULL,
    zone_name   text        NOT NULL,
    -- applying, undoing: under way. failed: nothing was changed. unknown: the answer was lost, or the process.
    state       text        NOT NULL CHECK (state IN ('applying', 'applied', 'failed', 'unknown', 'undoing',
                                                      'undone')),
    -- Each record set before and after, as the provider printed it.
    changes     jsonb       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    changed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
-- One at a time in each zone, whoever asks.
CREATE UNIQUE INDEX dns_changes_one_at_a_time ON dns_changes (kind, zone_id)
    WHERE state IN ('applying', 'undoing');
CREATE INDEX dns_changes_domain ON dns_changes (tenant_id, domain, created_at DESC);
SELECT protect_tenant_table('dns_changes');
GRANT SELECT, INSERT, UPDATE, DELETE ON dns_changes TO dispatch_tenant, dispatch_system;
