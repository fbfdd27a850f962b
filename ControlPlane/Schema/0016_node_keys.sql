-- What rotation of the cluster key, tokens that became void and the log of deliveries need besides.

-- The cluster key that the node fetched last. A new key comes into use once every node that serves has it.
ALTER TABLE nodes ADD COLUMN cluster_key_id text;

-- How long the last attempt took, for the answer about one message.
ALTER TABLE email_recipients ADD COLUMN duration_ms integer;

-- What still waits, for the queue page.
CREATE INDEX email_recipients_open ON email_recipients (tenant_id, accepted_at)
    WHERE state IN ('scheduled', 'queued', 'sending', 'deferred');

-- Tokens of a local account from before this time are void on nodes too. NULL: none was ever withdrawn.
ALTER TABLE users ADD COLUMN tokens_valid_from timestamptz;

CREATE FUNCTION void_user_tokens() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.tokens_valid_from := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER users_tokens_voided BEFORE UPDATE ON users FOR EACH ROW
    WHEN ((OLD.token_generation, OLD.disabled_at) IS DISTINCT FROM (NEW.token_generation, NEW.disabled_at))
    EXECUTE FUNCTION void_user_tokens();
CREATE TRIGGER users_tokens_changed AFTER UPDATE ON users FOR EACH ROW
    WHEN (OLD.tokens_valid_from IS DISTINCT FROM NEW.tokens_valid_from)
    EXECUTE FUNCTION bump_global_chunk();
