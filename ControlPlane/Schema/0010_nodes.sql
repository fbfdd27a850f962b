-- The data plane as the control plane knows it, and the keys of the cluster.

CREATE TABLE nodes (
    -- Stands in the ids of the messages that the node accepts (16 bits). Never used again.
    number                integer     PRIMARY KEY GENERATED ALWAYS AS IDENTITY (MINVALUE 1 MAXVALUE 65535),
    name                  text        NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9.-]{0,62}$'),
    state                 text        NOT NULL DEFAULT 'joining'
                                      CHECK (state IN ('joining', 'active', 'draining', 'removed')),
    -- Ed25519, for its requests and reports; X25519, for what is sealed to it. NULL until it joins.
    signing_public_key    bytea       CHECK (octet_length(signing_public_key) = 32),
    sealing_public_key    bytea       CHECK (octet_length(sealing_public_key) = 32),
    -- Where the control plane reaches it, and where customers do.
    control_url           text,
    base_urls             text[]      NOT NULL DEFAULT '{}',
    host_name             text,
    -- Good for one join; NULL once it was used.
    join_token_hash       bytea       UNIQUE CHECK (octet_length(join_token_hash) = 32),
    join_token_expires_at timestamptz,
    software_version      text,
    held_version          bigint,
    last_seen_at          timestamptz,
    joined_at             timestamptz,
    removed_at            timestamptz,
    created_at            timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT nodes_keys_once_joined CHECK (
        state IN ('joining', 'removed')
        OR num_nulls(signing_public_key, sealing_public_key, control_url) = 0)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON nodes TO dispatch_system;

-- Up to which event each node's reports are applied. Intake locks the row (SELECT … FOR UPDATE), so it takes
-- one batch of a node at a time, passes over events up to last_seq, and moves it in the transaction that
-- stores the rest: a batch that arrives twice changes nothing.
CREATE TABLE node_cursors (
    node       integer     PRIMARY KEY REFERENCES nodes (number),
    last_seq   bigint      NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT node_cursors_not_negative CHECK (last_seq >= 0)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON node_cursors TO dispatch_system;

CREATE FUNCTION refuse_cursor_going_back() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last_seq < OLD.last_seq THEN
        RAISE EXCEPTION 'the cursor of node % cannot go back', NEW.node USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER node_cursors_only_forward BEFORE UPDATE ON node_cursors
    FOR EACH ROW EXECUTE FUNCTION refuse_cursor_going_back();

-- Nonces of signed requests that were seen within the time that their timestamps stay valid.
CREATE TABLE node_nonces (
    node       integer     NOT NULL REFERENCES nodes (number) ON DELETE CASCADE,
    nonce      bytea       NOT NULL CHECK (octet_length(nonce) BETWEEN 8 AND 64),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (node, nonce)
);
CREATE INDEX node_nonces_expiry ON node_nonces (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON node_nonces TO dispatch_system;

-- Key pairs of the cluster: `snapshot` signs manifests (Ed25519), `token` signs the tokens of local accounts,
-- `link` signs tracking and unsubscribe links. Private halves are sealed with the master key.
CREATE TABLE signing_keys (
    cluster_id     uuid        NOT NULL,
    key_id         text        NOT NULL CHECK (length(key_id) BETWEEN 1 AND 64),
    purpose        text        NOT NULL DEFAULT 'snapshot' CHECK (purpose IN ('snapshot', 'token', 'link')),
    private_sealed bytea       NOT NULL,
    -- NULL for a symmetric key.
    public_key     bytea,
    created_at     timestamptz NOT NULL DEFAULT now(),
    retired_at     timestamptz,
    PRIMARY KEY (cluster_id, key_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON signing_keys TO dispatch_system;

-- The symmetric keys that seal secrets in chunks. Each node gets the live one wrapped to its own key;
-- removing a node makes a new one.
CREATE TABLE cluster_keys (
    key_id     text        PRIMARY KEY CHECK (length(key_id) BETWEEN 1 AND 64),
    key_sealed bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz
);
GRANT SELECT, INSERT, UPDATE, DELETE ON cluster_keys TO dispatch_system;

-- What operators set for the whole cluster, by name.
CREATE TABLE cluster_settings (
    name       text        PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_.]{0,62}$'),
    value      jsonb       NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON cluster_settings TO dispatch_system;
