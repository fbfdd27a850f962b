-- The message log at size: a page of a list, whatever it is filtered by, is found in indexes alone.
--
-- Whether an index may be used before row-level security has its say depends on the operators: = on a stored
-- column is trusted, a function of a column is not. So what is searched for in folded form is stored so.

-- What lists search in: the sender's address and behind a line feed the subject, in lower case. Cut, because
-- what stands in an index has to fit into a third of a page.
ALTER TABLE emails ADD COLUMN search text GENERATED ALWAYS AS (
    lower(left(from_address, 120)) || E'\n' || lower(left(subject, 200))) STORED;
-- A list of a tenant reads its part of this from end to end, and rows only for the page that it shows.
ALTER TABLE emails DROP CONSTRAINT emails_pkey;
ALTER TABLE emails ADD CONSTRAINT emails_pkey
    PRIMARY KEY (tenant_id, accepted_at, id) INCLUDE (erased_at, search);
DROP INDEX emails_status;
CREATE INDEX emails_status ON emails (tenant_id, status, accepted_at DESC, id DESC) INCLUDE (erased_at);

-- Every envelope recipient has a row here: `to` is looked up in it.
ALTER TABLE email_recipients ADD COLUMN folded text GENERATED ALWAYS AS (lower(address)) STORED;
DROP INDEX email_recipients_address;
CREATE INDEX email_recipients_address
    ON email_recipients (tenant_id, folded, accepted_at DESC, message_id DESC);

-- As before (0009), but naming the columns: a generated one cannot be moved, it comes about again.
CREATE OR REPLACE FUNCTION create_day_partition(parent regclass, day date) RETURNS boolean
    LANGUAGE plpgsql AS $$
DECLARE
    partition_name text := format('%s_p%s', parent, to_char(day, 'YYYYMMDD'));
    default_name   text := format('%s_default', parent);
    lower_bound    text := to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00';
    upper_bound    text := to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00';
    stored_columns text := (
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = parent AND attnum > 0 AND NOT attisdropped AND attgenerated = '');
BEGIN
    IF to_regclass(partition_name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING ALL)', partition_name, parent);
    IF pg_relation_size(default_name::regclass) > 0 THEN
        PERFORM lift_row_security(default_name);
        EXECUTE format(
            'WITH strays AS (DELETE FROM %1$I WHERE accepted_at >= %2$L AND accepted_at < %3$L RETURNING %4$s) '
            'INSERT INTO %5$I (%4$s) SELECT %4$s FROM strays',
            default_name, lower_bound, upper_bound, stored_columns, partition_name);
        PERFORM force_row_security(default_name);
    END IF;
    PERFORM force_row_security(partition_name);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   parent, partition_name, lower_bound, upper_bound);
    RETURN true;
END
$$;

-- The tags of messages, one a row, cut to what an index takes.
CREATE TABLE email_tags (
    tenant_id   uuid        NOT NULL,
    accepted_at timestamptz NOT NULL,
    message_id  uuid        NOT NULL,
    tag         text        NOT NULL CHECK (length(tag) <= 256),
    PRIMARY KEY (tenant_id, tag, accepted_at, message_id),
    CONSTRAINT email_tags_accepted_at_of_id CHECK (accepted_at = message_accepted_at(message_id))
) PARTITION BY RANGE (accepted_at);
SELECT protect_tenant_table('email_tags');
GRANT SELECT, DELETE ON email_tags TO dispatch_tenant;
GRANT SELECT, INSERT, DELETE ON email_tags TO dispatch_system;
CREATE TABLE email_tags_default PARTITION OF email_tags DEFAULT;
SELECT force_row_security('email_tags_default');
SELECT ensure_day_partitions(3);

-- Days that the log has partitions of already.
DO $$
DECLARE
    day_name text;
BEGIN
    FOR day_name IN
        SELECT right(c.relname, 8) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'emails'::regclass AND c.relname ~ '_p[0-9]{8}$'
    LOOP
        PERFORM create_day_partition('email_tags', to_date(day_name, 'YYYYMMDD'));
    END LOOP;
END
$$;
ALTER TABLE emails NO FORCE ROW LEVEL SECURITY;
ALTER TABLE email_tags NO FORCE ROW LEVEL SECURITY;
INSERT INTO email_tags
SELECT DISTINCT tenant_id, accepted_at, id, left(tag, 256) FROM emails, unnest(tags) AS tag
WHERE erased_at IS NULL;
ALTER TABLE emails FORCE ROW LEVEL SECURITY;
ALTER TABLE email_tags FORCE ROW LEVEL SECURITY;
