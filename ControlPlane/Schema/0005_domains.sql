-- Sender domains. Several tenants may claim one; only one of them can have it verified.

CREATE TABLE domains (
    tenant_id           uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                  uuid        NOT NULL DEFAULT gen_random_uuid(),
    -- Lower-case A-labels without the final dot.
    domain              text        NOT NULL
                                    CHECK (domain = lower(domain) AND length(domain) BETWEEN 3 AND 253),
    -- pending: never seen in DNS. at_risk: records went missing, sending goes on. lost: missing for 72 hours.
    status              text        NOT NULL DEFAULT 'pending'
                                    CHECK (status IN ('pending', 'verified', 'at_risk', 'lost')),
    ownership_token     text        NOT NULL,
    verified_at         timestamptz,
    -- An operator may vouch for a domain in place of DNS; it is kept who did so and why.
    override_by         text,
    override_reason     text,
    override_at         timestamptz,
    selector            text        NOT NULL CHECK (selector ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    dkim_private_sealed bytea       NOT NULL,
    -- SubjectPublicKeyInfo: the value of `p=` in DNS.
    dkim_public         bytea       NOT NULL,
    -- The latest look at each record: expected, found, status.
    checks              jsonb       NOT NULL DEFAULT '[]',
    checked_at          timestamptz,
    next_check_at       timestamptz NOT NULL DEFAULT now(),
    -- The last three daily results, the newest in bit 0; 1 is a miss. Two misses in three put it at risk.
    recent_misses       smallint    NOT NULL DEFAULT 0 CHECK (recent_misses BETWEEN 0 AND 7),
    missing_since       timestamptz,
    tracking_host       text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT domains_tenant_domain_key UNIQUE (tenant_id, domain),
    CONSTRAINT domains_override_complete
        CHECK (num_nulls(override_by, override_reason, override_at) IN (0, 3)),
    CONSTRAINT domains_verified_has_time CHECK (status = 'pending' OR verified_at IS NOT NULL)
);
CREATE UNIQUE INDEX domains_verified_key ON domains (domain) WHERE status IN ('verified', 'at_risk');
CREATE INDEX domains_next_check ON domains (next_check_at);
SELECT protect_tenant_table('domains');
GRANT SELECT, INSERT, UPDATE, DELETE ON domains TO dispatch_tenant, dispatch_system;
