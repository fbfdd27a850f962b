-- Upkeep of the day partitions: at start and every hour the service calls
--   SELECT ensure_day_partitions(3); SELECT drop_expired_partitions();
-- Both run with the rights of the tables' owner, because the service owns nothing.

-- The tables that are partitioned by day.
CREATE FUNCTION day_partitioned_tables() RETURNS SETOF regclass
    LANGUAGE sql STABLE
    AS $$
        SELECT partrelid::regclass FROM pg_partitioned_table p
        JOIN pg_class c ON c.oid = p.partrelid
        WHERE c.relnamespace = 'public'::regnamespace AND p.partstrat = 'r'
        ORDER BY c.relname
    $$;

CREATE FUNCTION force_row_security(partition_name text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition_name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', partition_name);
END
$$;

-- Forced row-level security hides rows from the owner of the table too, who has to move them here. It is put
-- back in the same transaction, and until then the table is locked: nobody else ever sees it lifted.
CREATE FUNCTION lift_row_security(partition_name text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', partition_name);
END
$$;

-- Makes the partition of one day. Rows of that day that fell into the default partition move into it.
-- The table is attached rather than created in place, because that does not stop readers and writers.
CREATE FUNCTION create_day_partition(parent regclass, day date) RETURNS boolean
    LANGUAGE plpgsql AS $$
DECLARE
    partition_name text := format('%s_p%s', parent, to_char(day, 'YYYYMMDD'));
    default_name   text := format('%s_default', parent);
    lower_bound    text := to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00';
    upper_bound    text := to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00';
BEGIN
    IF to_regclass(partition_name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING ALL)', partition_name, parent);
    -- An empty file needs no look; a row that arrives after this one makes the attachment fail, and the next
    -- call finds it.
    IF pg_relation_size(default_name::regclass) > 0 THEN
        PERFORM lift_row_security(default_name);
        EXECUTE format(
            'WITH strays AS (DELETE FROM %I WHERE accepted_at >= %L AND accepted_at < %L RETURNING *) '
            'INSERT INTO %I SELECT * FROM strays', default_name, lower_bound, upper_bound, partition_name);
        PERFORM force_row_security(default_name);
    END IF;
    -- Nobody is granted anything on a partition; this holds even when somebody is.
    PERFORM force_row_security(partition_name);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   parent, partition_name, lower_bound, upper_bound);
    RETURN true;
END
$$;

-- Makes the partitions from yesterday to `days_ahead` days from now; gives how many were missing.
-- Yesterday's, because a node may report in the morning what it accepted before midnight.
CREATE FUNCTION ensure_day_partitions(days_ahead integer DEFAULT 3) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today  date := (now() AT TIME ZONE 'UTC')::date;
    parent regclass;
    made   integer := 0;
BEGIN
    -- Several processes may start at once.
    PERFORM pg_advisory_xact_lock(hashtextextended('dispatch partitions', 0));
    FOR parent IN SELECT day_partitioned_tables() LOOP
        FOR offset_days IN -1 .. least(greatest(days_ahead, 0), 30) LOOP
            IF create_day_partition(parent, today + offset_days) THEN
                made := made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

-- Drops the partitions that are older than the longest retention of any plan, and deletes what is as old from
-- the default partition; gives how many were dropped.
CREATE FUNCTION drop_expired_partitions() RETURNS integer
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
        LOOP
            EXECUTE format('DROP TABLE %I', expired);
            dropped := dropped + 1;
        END LOOP;
        default_name := parent || '_default';
        IF pg_relation_size(default_name::regclass) > 0 THEN
            PERFORM lift_row_security(default_name);
            EXECUTE format('DELETE FROM %I WHERE accepted_at < %L', default_name,
                           to_char(first_kept, 'YYYY-MM-DD') || ' 00:00:00+00');
            PERFORM force_row_security(default_name);
        END IF;
    END LOOP;
    RETURN dropped;
END
$$;

REVOKE EXECUTE ON FUNCTION force_row_security(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION lift_row_security(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION create_day_partition(regclass, date) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION ensure_day_partitions(integer) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION drop_expired_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_day_partitions(integer) TO dispatch_system;
GRANT EXECUTE ON FUNCTION drop_expired_partitions() TO dispatch_system;

-- The net: a report for a day without a partition is stored all the same.
DO $$
DECLARE
    parent regclass;
BEGIN
    FOR parent IN SELECT day_partitioned_tables() LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF %s DEFAULT', parent || '_default', parent);
        PERFORM force_row_security(parent || '_default');
    END LOOP;
END
$$;
SELECT ensure_day_partitions(3);
