-- The two roles of the running service, and what every tenant-owned table shares.
--
-- Tables belong to the login that migrates. The service logs in as another role, which is a member of the two
-- below without inheriting from them, and takes one of them on for each transaction (SET LOCAL ROLE):
--   dispatch_tenant   a request of one tenant: row-level security shows it the rows of that tenant alone
--   dispatch_system   the service's own work across tenants: publisher, report intake, login
-- Neither can log in, owns anything or passes by row-level security.
--
-- Roles belong to the whole server, so another database of it may have made them already.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['dispatch_tenant', 'dispatch_system'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', role_name);
        EXCEPTION
            -- The second is what the loser of a race gets.
            WHEN duplicate_object OR unique_violation THEN NULL;
        END;
        IF EXISTS (SELECT FROM pg_roles
                   WHERE rolname = role_name AND (rolcanlogin OR rolsuper OR rolbypassrls)) THEN
            RAISE EXCEPTION 'role % may log in or bypass row-level security: it must not', role_name;
        END IF;
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA public TO dispatch_tenant, dispatch_system;

-- The tenant of this transaction. A setting that was never made is NULL, one of an earlier transaction of the
-- session is empty: both mean no tenant, and no row equals NULL.
CREATE FUNCTION current_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('dispatch.tenant_id', true), '')::uuid;

-- When a message was accepted: the first 48 bits of its UUIDv7 are milliseconds since 1970 (RFC 9562 5.7).
-- Tables of messages are partitioned by this time, so an id alone leads to its one partition:
--   WHERE tenant_id = $1 AND accepted_at = message_accepted_at($2) AND id = $2
CREATE FUNCTION message_accepted_at(id uuid) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN timestamptz '1970-01-01 00:00:00+00'
        + ('x' || lpad(translate(left(id::text, 13), '-', ''), 16, '0'))::bit(64)::bigint
            * interval '1 millisecond';

-- Puts a table under row-level security, its owner included. Every table that holds rows of tenants is given
-- to this function; a test reads the catalogue and fails for one that was not.
CREATE FUNCTION protect_tenant_table(protected regclass, tenant_column name DEFAULT 'tenant_id') RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', protected);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', protected);
    EXECUTE format(
        'CREATE POLICY tenant_rows ON %s TO dispatch_tenant USING (%I = current_tenant()) '
        'WITH CHECK (%I = current_tenant())', protected, tenant_column, tenant_column);
    EXECUTE format(
        'CREATE POLICY system_rows ON %s TO dispatch_system USING (true) WITH CHECK (true)', protected);
END
$$;
REVOKE EXECUTE ON FUNCTION protect_tenant_table(regclass, name) FROM PUBLIC;
