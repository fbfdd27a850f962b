-- The life of a node beyond its own disk.

-- Which node has taken over what this one's disk held: it answers for its messages and idempotency keys.
ALTER TABLE nodes
    ADD COLUMN adopted_by integer REFERENCES nodes (number),
    -- When it was drained last: until then it took idempotency keys. `drained_at` may be earlier, the
    -- beginning of several pauses.
    ADD COLUMN served_until timestamptz,
    ADD CONSTRAINT nodes_not_adopted_by_themselves CHECK (adopted_by <> number);
UPDATE nodes SET served_until = drained_at WHERE state = 'draining';

DROP TRIGGER nodes_updated ON nodes;
CREATE TRIGGER nodes_updated AFTER UPDATE ON nodes FOR EACH ROW
    WHEN ((OLD.name, OLD.state, OLD.signing_public_key, OLD.sealing_public_key, OLD.control_url,
           OLD.base_urls, OLD.adopted_by)
        IS DISTINCT FROM
          (NEW.name, NEW.state, NEW.signing_public_key, NEW.sealing_public_key, NEW.control_url,
           NEW.base_urls, NEW.adopted_by))
    EXECUTE FUNCTION bump_global_chunk();

-- Which journal of the node the number is of. One that was lost is followed by another, which counts from 1
-- again; within one journal the cursor never goes back.
ALTER TABLE node_cursors
    ADD COLUMN journal bytea CHECK (octet_length(journal) = 16);

CREATE OR REPLACE FUNCTION refuse_cursor_going_back() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last_seq < OLD.last_seq
        AND (OLD.journal IS NULL OR OLD.journal IS NOT DISTINCT FROM NEW.journal) THEN
        RAISE EXCEPTION 'the cursor of node % cannot go back', NEW.node USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
