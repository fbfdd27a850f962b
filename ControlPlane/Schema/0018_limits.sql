-- What keeps one tenant from growing beyond what nodes take, and the log from being dropped too early.

-- How many addresses a tenant has suppressed, and their length: its part of a chunk. Kept by triggers,
-- because counting a long list at every insertion would take longer than the insertion.
CREATE TABLE suppression_totals (
    tenant_id uuid   PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    entries   bigint NOT NULL,
    bytes     bigint NOT NULL
);
-- Those that were there before, while the owner of the tables may see them.
SELECT lift_row_security('suppressions');
INSERT INTO suppression_totals
SELECT tenant_id, count(*), sum(octet_length(address)) FROM suppressions GROUP BY tenant_id;
SELECT force_row_security('suppressions');
SELECT protect_tenant_table('suppression_totals');
GRANT SELECT, INSERT, UPDATE ON suppression_totals TO dispatch_tenant, dispatch_system;

CREATE FUNCTION count_suppressions() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    change record;
BEGIN
    -- In the order of tenants, so that two statements never wait for each other crosswise.
    FOR change IN
        SELECT tenant_id, count(*) AS entries, sum(octet_length(address)) AS bytes
        FROM changed GROUP BY tenant_id ORDER BY tenant_id
    LOOP
        IF TG_OP = 'INSERT' THEN
            INSERT INTO suppression_totals AS t VALUES (change.tenant_id, change.entries, change.bytes)
            ON CONFLICT (tenant_id) DO UPDATE
                SET entries = t.entries + EXCLUDED.entries, bytes = t.bytes + EXCLUDED.bytes;
        ELSE
            -- Nothing to change when the tenant itself goes.
            UPDATE suppression_totals t
            SET entries = t.entries - change.entries, bytes = t.bytes - change.bytes
            WHERE t.tenant_id = change.tenant_id;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION count_suppressions() FROM PUBLIC;

CREATE TRIGGER suppressions_counted_in AFTER INSERT ON suppressions
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_suppressions();
CREATE TRIGGER suppressions_counted_out AFTER DELETE ON suppressions
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_suppressions();

-- Whether the list of a tenant stays within limits. Asked in the transaction that added to it, this is exact:
-- the row of the totals is locked by then.
CREATE FUNCTION suppressions_within(tenant uuid, max_entries bigint, max_bytes bigint) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT FROM suppression_totals
        WHERE tenant_id = tenant AND (entries > max_entries OR bytes > max_bytes))
$$;
REVOKE EXECUTE ON FUNCTION suppressions_within(uuid, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION suppressions_within(uuid, bigint, bigint) TO dispatch_tenant, dispatch_system;

-- NULL: this revision could not be published and there is none before it; manifests leave the chunk out.
ALTER TABLE published_chunks ALTER COLUMN sha256 DROP NOT NULL;

-- Drops the partitions older than the longest retention of any plan, except those of the days `kept`, and
-- deletes what is as old from the default partitions; gives how many were dropped.
CREATE FUNCTION drop_partitions_except(kept date[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    -- One day more, so that no row goes before its own expires_at.
    first_kept   date := (now() AT TIME ZONE 'UTC')::date
        - (SELECT coalesce(max(log_retention_days), 400) + 1 FROM plans);
    parent       regclass;
    default_name text;
    expired      text;
    dropped      integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('dispatch partitions', 0));
    FOR parent IN SELECT day_partitioned_tables() LOOP
        FOR expired IN
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = parent
              AND c.relname ~ '_p[0-9]{8}$'
              AND to_date(right(c.relname, 8), 'YYYYMMDD') < first_kept
              AND to_date(right(c.relname, 8), 'YYYYMMDD') <> ALL (kept)
        LOOP
            EXECUTE format('DROP TABLE %I', expired);
            dropped := dropped + 1;
        END LOOP;
        default_name := parent || '_default';
        IF pg_relation_size(default_name::regclass) > 0 THEN
            PERFORM lift_row_security(default_name);
            EXECUTE format(
                'DELETE FROM %I WHERE accepted_at < %L '
                'AND (accepted_at AT TIME ZONE ''UTC'')::date <> ALL (%L)',
                default_name, to_char(first_kept, 'YYYY-MM-DD') || ' 00:00:00+00', kept);
            PERFORM force_row_security(default_name);
        END IF;
    END LOOP;
    RETURN dropped;
END
$$;
REVOKE EXECUTE ON FUNCTION drop_partitions_except(date[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_partitions_except(date[]) TO dispatch_system;

-- A message that was scheduled far ahead is logged under the day on which it was accepted, and outlives it.
-- Runs with the rights of its caller, who sees the log; the owner of the tables does not.
DROP FUNCTION drop_expired_partitions();
CREATE FUNCTION drop_expired_partitions() RETURNS integer
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    -- Read to its end before anything is dropped: a table in use cannot be.
    kept date[] := ARRAY(
        SELECT DISTINCT (accepted_at AT TIME ZONE 'UTC')::date FROM emails
        WHERE expires_at > now() AND accepted_at < now()
            - make_interval(days => (SELECT coalesce(max(log_retention_days), 400) FROM plans)));
BEGIN
    RETURN drop_partitions_except(kept);
END
$$;
REVOKE EXECUTE ON FUNCTION drop_expired_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_expired_partitions() TO dispatch_system;
