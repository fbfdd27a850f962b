-- What nodes are told: which chunk is out of date, the chunks, and the signed manifests.
--
-- A change that nodes must learn of raises the revision of its chunk in the same transaction, so it cannot be
-- stored without being published, and wakes the publisher when it commits (LISTEN dispatch_changes). The row
-- of a chunk is locked until then: two transactions that change it come one after the other, and the
-- publisher, which compares revisions, misses neither.

CREATE TABLE chunk_revisions (
    name       text        PRIMARY KEY,
    revision   bigint      NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON chunk_revisions TO dispatch_system;

-- The chunks by content. A node asks for those whose hash it lacks.
CREATE TABLE snapshot_chunks (
    name       text        NOT NULL,
    sha256     bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    bytes      bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, sha256),
    CONSTRAINT snapshot_chunks_hash_of_bytes CHECK (sha256 = sha256(bytes))
);
CREATE INDEX snapshot_chunks_sha256 ON snapshot_chunks (sha256);
GRANT SELECT, INSERT, DELETE ON snapshot_chunks TO dispatch_system;

-- Which revision of each chunk the latest manifest holds. What differs from chunk_revisions is to be built.
CREATE TABLE published_chunks (
    name     text   PRIMARY KEY,
    revision bigint NOT NULL,
    sha256   bytea  NOT NULL CHECK (octet_length(sha256) = 32)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON published_chunks TO dispatch_system;

-- The manifests, byte for byte as they were signed.
CREATE TABLE snapshot_versions (
    version    bigint      PRIMARY KEY CHECK (version > 0),
    manifest   bytea       NOT NULL,
    signature  bytea       NOT NULL,
    key_id     text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, DELETE ON snapshot_versions TO dispatch_system;

-- A node refuses a version that is not higher than the one it holds, so a lower one must never be stored.
CREATE FUNCTION refuse_lower_snapshot_version() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    -- Two publishers (one has lost its lock and does not know yet) must see each other's version.
    PERFORM pg_advisory_xact_lock(hashtextextended('dispatch snapshot version', 0));
    IF EXISTS (SELECT FROM snapshot_versions WHERE version >= NEW.version) THEN
        RAISE EXCEPTION 'snapshot version % is not higher than the last', NEW.version
            USING ERRCODE = 'check_violation', CONSTRAINT = 'snapshot_versions_rising';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER snapshot_versions_rising BEFORE INSERT ON snapshot_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_lower_snapshot_version();

-- The bucket of a tenant, 00 to ff: the last two digits of its id, which are random in every version of UUID
-- (the first are a clock in version 7).
CREATE FUNCTION tenant_bucket(id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN right(id::text, 2);
CREATE INDEX tenants_bucket ON tenants (tenant_bucket(id));

CREATE FUNCTION bump_chunk(chunk text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO chunk_revisions AS r (name) VALUES (chunk)
    ON CONFLICT (name) DO UPDATE SET revision = r.revision + 1, changed_at = now();
    PERFORM pg_notify('dispatch_changes', chunk);
END
$$;
REVOKE EXECUTE ON FUNCTION bump_chunk(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bump_chunk(text) TO dispatch_system;

-- Row trigger: the chunk of the tenant whose id stands in the column that is the first argument.
CREATE FUNCTION bump_tenant_chunk() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed jsonb := to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
BEGIN
    PERFORM bump_chunk('tenants/' || tenant_bucket((changed ->> TG_ARGV[0])::uuid));
    RETURN NULL;
END
$$;

-- Statement trigger: the suppression chunks of all changed rows, each once and in one order, because imports
-- and report intake change many at a time.
CREATE FUNCTION bump_suppression_chunks() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    bucket text;
BEGIN
    FOR bucket IN SELECT DISTINCT tenant_bucket(tenant_id) AS b FROM changed ORDER BY b LOOP
        PERFORM bump_chunk('suppressions/' || bucket);
    END LOOP;
    RETURN NULL;
END
$$;

CREATE FUNCTION bump_global_chunk() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM bump_chunk('global');
    RETURN NULL;
END
$$;

-- A plan's limits reach nodes with each tenant that has it.
CREATE FUNCTION bump_plan_chunks() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    bucket text;
BEGIN
    PERFORM bump_chunk('global');
    FOR bucket IN
        SELECT DISTINCT tenant_bucket(id) AS b FROM tenants WHERE plan_code = NEW.code ORDER BY b
    LOOP
        PERFORM bump_chunk('tenants/' || bucket);
    END LOOP;
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION bump_tenant_chunk() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION bump_suppression_chunks() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION bump_global_chunk() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION bump_plan_chunks() FROM PUBLIC;

-- Updates name the columns that nodes learn, so that a last use or a DNS check publishes nothing.

CREATE TRIGGER tenants_changed AFTER INSERT OR DELETE ON tenants
    FOR EACH ROW EXECUTE FUNCTION bump_tenant_chunk('id');
CREATE TRIGGER tenants_updated AFTER UPDATE ON tenants FOR EACH ROW
    WHEN ((OLD.name, OLD.slug, OLD.plan_code, OLD.status, OLD.overage_enabled, OLD.body_public_key)
        IS DISTINCT FROM
          (NEW.name, NEW.slug, NEW.plan_code, NEW.status, NEW.overage_enabled, NEW.body_public_key))
    EXECUTE FUNCTION bump_tenant_chunk('id');

CREATE TRIGGER api_keys_changed AFTER INSERT OR DELETE ON api_keys
    FOR EACH ROW EXECUTE FUNCTION bump_tenant_chunk('tenant_id');
CREATE TRIGGER api_keys_updated AFTER UPDATE ON api_keys FOR EACH ROW
    WHEN ((OLD.hash, OLD.scopes, OLD.mode, OLD.domain, OLD.rate_per_minute, OLD.allowed_cidrs, OLD.expires_at,
           OLD.revoked_at)
        IS DISTINCT FROM (NEW.hash, NEW.scopes, NEW.mode, NEW.domain, NEW.rate_per_minute, NEW.allowed_cidrs,
           NEW.expires_at, NEW.revoked_at))
    EXECUTE FUNCTION bump_tenant_chunk('tenant_id');

CREATE TRIGGER credentials_changed AFTER INSERT OR DELETE ON credentials
    FOR EACH ROW EXECUTE FUNCTION bump_tenant_chunk('tenant_id');
CREATE TRIGGER credentials_updated AFTER UPDATE ON credentials FOR EACH ROW
    WHEN ((OLD.username, OLD.password_hash, OLD.allowed_cidrs, OLD.revoked_at)
        IS DISTINCT FROM (NEW.username, NEW.password_hash, NEW.allowed_cidrs, NEW.revoked_at))
    EXECUTE FUNCTION bump_tenant_chunk('tenant_id');

CREATE TRIGGER domains_changed AFTER INSERT OR DELETE ON domains
    FOR EACH ROW EXECUTE FUNCTION bump_tenant_chunk('tenant_id');
CREATE TRIGGER domains_updated AFTER UPDATE ON domains FOR EACH ROW
    WHEN ((OLD.domain, OLD.status, OLD.selector, OLD.dkim_private_sealed, OLD.tracking_host)
        IS DISTINCT FROM (NEW.domain, NEW.status, NEW.selector, NEW.dkim_private_sealed, NEW.tracking_host))
    EXECUTE FUNCTION bump_tenant_chunk('tenant_id');

CREATE TRIGGER webhooks_changed AFTER INSERT OR DELETE ON webhooks
    FOR EACH ROW EXECUTE FUNCTION bump_tenant_chunk('tenant_id');
CREATE TRIGGER webhooks_updated AFTER UPDATE ON webhooks FOR EACH ROW
    WHEN ((OLD.url, OLD.events, OLD.secret_sealed, OLD.disabled_at)
        IS DISTINCT FROM (NEW.url, NEW.events, NEW.secret_sealed, NEW.disabled_at))
    EXECUTE FUNCTION bump_tenant_chunk('tenant_id');

CREATE TRIGGER suppressions_inserted AFTER INSERT ON suppressions
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_suppression_chunks();
CREATE TRIGGER suppressions_updated AFTER UPDATE ON suppressions
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_suppression_chunks();
CREATE TRIGGER suppressions_deleted AFTER DELETE ON suppressions
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_suppression_chunks();

CREATE TRIGGER plans_updated AFTER UPDATE ON plans FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION bump_plan_chunks();

CREATE TRIGGER cluster_settings_changed AFTER INSERT OR UPDATE OR DELETE ON cluster_settings
    FOR EACH STATEMENT EXECUTE FUNCTION bump_global_chunk();
CREATE TRIGGER nodes_changed AFTER INSERT OR DELETE ON nodes
    FOR EACH ROW EXECUTE FUNCTION bump_global_chunk();
CREATE TRIGGER nodes_updated AFTER UPDATE ON nodes FOR EACH ROW
    WHEN ((OLD.name, OLD.state, OLD.signing_public_key, OLD.sealing_public_key, OLD.control_url,
           OLD.base_urls)
        IS DISTINCT FROM
          (NEW.name, NEW.state, NEW.signing_public_key, NEW.sealing_public_key, NEW.control_url,
           NEW.base_urls))
    EXECUTE FUNCTION bump_global_chunk();
-- A new cluster key or link key changes what is sealed everywhere; the publisher builds every chunk anew
-- then.
CREATE TRIGGER cluster_keys_changed AFTER INSERT OR UPDATE OR DELETE ON cluster_keys
    FOR EACH STATEMENT EXECUTE FUNCTION bump_global_chunk();
CREATE TRIGGER signing_keys_changed AFTER INSERT OR UPDATE OR DELETE ON signing_keys
    FOR EACH STATEMENT EXECUTE FUNCTION bump_global_chunk();

SELECT bump_chunk('global');
