-- When a node was last drained, and when it was resumed: whoever asks which node an idempotency key belonged
-- to in the last 24 hours needs to know. Drained again within a day, the two become one longer pause.
ALTER TABLE nodes
    ADD COLUMN drained_at timestamptz,
    ADD COLUMN resumed_at timestamptz;
UPDATE nodes SET drained_at = coalesce(joined_at, created_at) WHERE state = 'draining';
