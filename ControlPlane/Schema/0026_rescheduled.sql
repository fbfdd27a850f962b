-- A message that waits for its time may be given another one.
ALTER TABLE events DROP CONSTRAINT events_kind_check;
ALTER TABLE events ADD CONSTRAINT events_kind_check CHECK (kind IN (
    'accepted', 'attempted', 'delivered', 'deferred', 'bounced', 'expired', 'failed', 'cancelled',
    'suppressed', 'complained', 'opened', 'clicked', 'unsubscribed', 'rescheduled'));
