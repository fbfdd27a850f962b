-- Keys that take turns, subdomains, and what tenants are told of by webhook besides their mail.

ALTER TABLE domains
    -- Whether it lets the tenant send from names below it. Not for a public suffix such as github.io: what is
    -- below belongs to others.
    ADD COLUMN covers_subdomains  boolean NOT NULL DEFAULT true,
    -- The key that takes over as soon as it is seen in DNS.
    ADD COLUMN next_selector      text CHECK (next_selector ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    ADD COLUMN next_private_sealed bytea,
    ADD COLUMN next_public        bytea,
    ADD COLUMN next_created_at    timestamptz,
    -- The key before this one: its record stays until mail that it signed has arrived.
    ADD COLUMN old_selector       text,
    ADD COLUMN old_public         bytea,
    ADD COLUMN old_until          timestamptz,
    ADD CONSTRAINT domains_next_key_complete
        CHECK (num_nulls(next_selector, next_private_sealed, next_public, next_created_at) IN (0, 4)),
    ADD CONSTRAINT domains_old_key_complete CHECK (num_nulls(old_selector, old_public, old_until) IN (0, 3));

DROP TRIGGER domains_updated ON domains;
CREATE TRIGGER domains_updated AFTER UPDATE ON domains FOR EACH ROW
    WHEN ((OLD.domain, OLD.status, OLD.selector, OLD.dkim_private_sealed, OLD.tracking_host,
           OLD.covers_subdomains)
        IS DISTINCT FROM
          (NEW.domain, NEW.status, NEW.selector, NEW.dkim_private_sealed, NEW.tracking_host,
           NEW.covers_subdomains))
    EXECUTE FUNCTION bump_tenant_chunk('tenant_id');

-- Selectors that a domain has had: a new key never gets a name under which the world may still have an old one.
CREATE TABLE used_selectors (
    domain   text        NOT NULL,
    selector text        NOT NULL,
    used_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (domain, selector)
);
GRANT SELECT, INSERT, DELETE ON used_selectors TO dispatch_system;
INSERT INTO used_selectors (domain, selector) SELECT domain, selector FROM domains ON CONFLICT DO NOTHING;

-- What happened to something of a tenant that is no mail, such as a domain: waits here until a node has it on
-- disk and tells the tenant's webhooks.
CREATE TABLE notices (
    tenant_id   uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    event       text        NOT NULL,
    body        jsonb       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- NULL while no node has taken it.
    taken_at    timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX notices_waiting ON notices (created_at) WHERE taken_at IS NULL;
SELECT protect_tenant_table('notices');
GRANT SELECT, INSERT ON notices TO dispatch_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON notices TO dispatch_system;

ALTER TABLE webhooks
    DROP CONSTRAINT webhooks_events_check,
    ADD CONSTRAINT webhooks_events_check CHECK (cardinality(events) > 0 AND events <@ ARRAY[
        'sent', 'delivered', 'bounced', 'complained', 'deferred', 'opened', 'clicked', 'unsubscribed',
        'domain.verified', 'domain.at_risk', 'domain.lost', 'domain.recovered']);
