-- The message log: what the nodes reported. Written by report intake alone.
--
-- All four tables are partitioned by the day on which the message was accepted, which its id tells
-- (message_accepted_at). So everything about a message lies in partitions of one day, is found by its id
-- without a search, and expires together by dropping a table instead of deleting rows. There are no foreign
-- keys here: a batch of reports must not fail for a tenant that was deleted in the meantime.

CREATE TABLE emails (
    tenant_id       uuid        NOT NULL,
    accepted_at     timestamptz NOT NULL,
    -- The message id.
    id              uuid        NOT NULL,
    node            integer     NOT NULL,
    mode            text        NOT NULL DEFAULT 'live' CHECK (mode IN ('live', 'test')),
    -- The door it came through: ingestion, tenants, messages, emails, mailgun, smtp, …
    door            text        NOT NULL DEFAULT '',
    stream          text        NOT NULL DEFAULT 'transactional' CHECK (stream IN ('transactional', 'bulk')),
    message_id      text        NOT NULL DEFAULT '',
    from_address    text        NOT NULL DEFAULT '',
    envelope_sender text        NOT NULL DEFAULT '',
    to_addresses    text[]      NOT NULL DEFAULT '{}',
    cc_addresses    text[]      NOT NULL DEFAULT '{}',
    bcc_addresses   text[]      NOT NULL DEFAULT '{}',
    reply_to        text[]      NOT NULL DEFAULT '{}',
    subject         text        NOT NULL DEFAULT '',
    size_bytes      bigint      NOT NULL DEFAULT 0,
    has_attachments boolean     NOT NULL DEFAULT false,
    -- name, content type and size of each
    attachments     jsonb       NOT NULL DEFAULT '[]',
    tags            text[]      NOT NULL DEFAULT '{}',
    metadata        jsonb       NOT NULL DEFAULT '{}',
    api_key_id      uuid,
    credential_id   uuid,
    -- The subject, when a user sent it.
    sent_by         text,
    template_id     uuid,
    resent_from     uuid,
    track_opens     boolean     NOT NULL DEFAULT false,
    track_clicks    boolean     NOT NULL DEFAULT false,
    -- That of the worst unfinished recipient, else of the worst finished one.
    status          text        NOT NULL DEFAULT 'queued' CHECK (status IN (
                                    'scheduled', 'queued', 'sending', 'deferred', 'delivered', 'bounced',
                                    'expired', 'failed', 'cancelled', 'suppressed')),
    scheduled_at    timestamptz,
    sent_at         timestamptz,
    delivered_at    timestamptz,
    bounced_at      timestamptz,
    complained_at   timestamptz,
    opened_at       timestamptz,
    clicked_at      timestamptz,
    bounce_type     text        CHECK (bounce_type IN ('hard', 'soft')),
    bounce_class    text,
    -- Sealed to the tenant's public key by the node; NULL when the plan logs none or it was erased.
    body_sealed     bytea,
    -- By the plan of the moment; rows of a partition that outlive it are deleted singly.
    expires_at      timestamptz NOT NULL,
    erased_at       timestamptz,
    PRIMARY KEY (tenant_id, accepted_at, id),
    CONSTRAINT emails_accepted_at_of_id CHECK (accepted_at = message_accepted_at(id))
) PARTITION BY RANGE (accepted_at);
CREATE INDEX emails_status ON emails (tenant_id, status, accepted_at DESC);
-- "Only those sent with the calling key."
CREATE INDEX emails_api_key ON emails (tenant_id, api_key_id, accepted_at DESC) WHERE api_key_id IS NOT NULL;
CREATE INDEX emails_expiry ON emails (expires_at);

CREATE TABLE email_recipients (
    tenant_id       uuid        NOT NULL,
    accepted_at     timestamptz NOT NULL,
    message_id      uuid        NOT NULL,
    address         text        NOT NULL,
    kind            text        NOT NULL DEFAULT 'to' CHECK (kind IN ('to', 'cc', 'bcc')),
    state           text        NOT NULL DEFAULT 'queued' CHECK (state IN (
                                    'scheduled', 'queued', 'sending', 'deferred', 'delivered', 'bounced',
                                    'expired', 'failed', 'cancelled', 'suppressed')),
    attempts        integer     NOT NULL DEFAULT 0,
    -- Of the remote host's last answer: reply code, enhanced status code, text.
    last_code       smallint,
    last_enhanced   text,
    last_response   text,
    remote_host     text,
    -- The remote host's own id of the message, from its reply.
    remote_id       text,
    bounce_class    text,
    first_attempt_at timestamptz,
    last_attempt_at  timestamptz,
    next_attempt_at  timestamptz,
    finished_at      timestamptz,
    PRIMARY KEY (tenant_id, accepted_at, message_id, address),
    CONSTRAINT email_recipients_accepted_at_of_id CHECK (accepted_at = message_accepted_at(message_id))
) PARTITION BY RANGE (accepted_at);
CREATE INDEX email_recipients_address ON email_recipients (tenant_id, address, accepted_at DESC);

-- Append-only: nobody may update, and only an erasure deletes. (node, seq) is unique because intake moves the
-- node's cursor in the transaction that inserts (0010).
CREATE TABLE events (
    tenant_id   uuid        NOT NULL,
    accepted_at timestamptz NOT NULL,
    message_id  uuid        NOT NULL,
    node        integer     NOT NULL,
    seq         bigint      NOT NULL,
    recipient   text        NOT NULL DEFAULT '',
    kind        text        NOT NULL CHECK (kind IN (
                                'accepted', 'attempted', 'delivered', 'deferred', 'bounced', 'expired',
                                'failed', 'cancelled', 'suppressed', 'complained', 'opened', 'clicked',
                                'unsubscribed')),
    at          timestamptz NOT NULL,
    detail      jsonb       NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, accepted_at, message_id, node, seq),
    CONSTRAINT events_accepted_at_of_id CHECK (accepted_at = message_accepted_at(message_id))
) PARTITION BY RANGE (accepted_at);
CREATE INDEX events_newest ON events (tenant_id, at DESC);

-- Each try to deliver a webhook. `message_id` is the id of the webhook message, not of the mail it tells of.
CREATE TABLE webhook_attempts (
    tenant_id     uuid        NOT NULL,
    accepted_at   timestamptz NOT NULL,
    message_id    uuid        NOT NULL,
    node          integer     NOT NULL,
    seq           bigint      NOT NULL,
    webhook_id    uuid        NOT NULL,
    event_kind    text        NOT NULL,
    -- The mail, where the event is about one.
    subject_id    uuid,
    attempt       integer     NOT NULL,
    at            timestamptz NOT NULL,
    outcome       text        NOT NULL CHECK (outcome IN ('delivered', 'deferred', 'failed')),
    status_code   smallint,
    duration_ms   integer,
    -- The start of the answer's body, or what went wrong before there was one.
    response      text,
    error         text,
    next_attempt_at timestamptz,
    PRIMARY KEY (tenant_id, accepted_at, message_id, node, seq),
    CONSTRAINT webhook_attempts_accepted_at_of_id CHECK (accepted_at = message_accepted_at(message_id))
) PARTITION BY RANGE (accepted_at);
CREATE INDEX webhook_attempts_webhook ON webhook_attempts (tenant_id, webhook_id, at DESC);

SELECT protect_tenant_table('emails');
SELECT protect_tenant_table('email_recipients');
SELECT protect_tenant_table('events');
SELECT protect_tenant_table('webhook_attempts');

-- A tenant reads its log and erases from it.
GRANT SELECT, UPDATE, DELETE ON emails, email_recipients TO dispatch_tenant;
GRANT SELECT, DELETE ON events, webhook_attempts TO dispatch_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON emails, email_recipients TO dispatch_system;
GRANT SELECT, INSERT, DELETE ON events, webhook_attempts TO dispatch_system;
