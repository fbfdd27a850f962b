-- What rotation of the cluster key and the log of deliveries need besides.

-- The cluster key that the node fetched last. A new key comes into use once every node that serves has it.
ALTER TABLE nodes ADD COLUMN cluster_key_id text;

-- How long the last attempt took, for the answer about one message.
ALTER TABLE email_recipients ADD COLUMN duration_ms integer;

-- What still waits, for the queue page.
CREATE INDEX email_recipients_open ON email_recipients (tenant_id, accepted_at)
    WHERE state IN ('scheduled', 'queued', 'sending', 'deferred');
