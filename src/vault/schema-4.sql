-- Version 4.

-- The ways to each vendor, in the user's order. Settings say where a way leads, and never hold what lets in.
CREATE TABLE channel (
    vendor_id TEXT NOT NULL REFERENCES vendor (id),
    kind TEXT NOT NULL,
    place INTEGER NOT NULL,
    settings TEXT NOT NULL,
    found_by TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (vendor_id, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO channel SELECT v.id, 'set', 0, '{}', 'discovery', v.added_at
    FROM vendor v JOIN vendor_document d ON d.vendor_id = v.id;

-- By which way a message was last tried.
ALTER TABLE delivery ADD COLUMN channel TEXT;

-- The user's moves: another address from a day on, in these personas. Begun once the profile says so.
CREATE TABLE relocation (
    id INTEGER PRIMARY KEY,
    claim TEXT NOT NULL,
    personas TEXT NOT NULL,
    old TEXT,
    new TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    planned_at INTEGER NOT NULL,
    begun_at INTEGER
) STRICT;

-- The user's own mail account, for messages that go by e-mail: one row or none.
CREATE TABLE mail_account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sender TEXT NOT NULL,
    name TEXT,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    tls TEXT NOT NULL,
    user TEXT,
    password TEXT
) STRICT;

-- The text of a message that goes as one: as the user edited it, or as it first left.
CREATE TABLE message_text (
    message_id TEXT PRIMARY KEY REFERENCES message (id),
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    edited INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a vendor wrote by e-mail, as it came, beside the message that it is kept as. Confirms: the user reads it so.
CREATE TABLE mail_in (
    message_id TEXT PRIMARY KEY REFERENCES message (id),
    raw BLOB NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    sent_at INTEGER,
    confirms INTEGER NOT NULL
) STRICT;

-- The account at a vendor, linked by OAuth: the client that was registered there, and its tokens. `server` is what the
-- authorization server published when it was linked; `pending` is a device code that nobody confirmed yet.
CREATE TABLE link (
    vendor_id TEXT PRIMARY KEY REFERENCES vendor (id),
    server TEXT NOT NULL,
    approved_origins TEXT NOT NULL,
    resource TEXT,
    scope TEXT NOT NULL,
    dpop INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    client_secret TEXT,
    auth TEXT NOT NULL,
    client_key TEXT NOT NULL REFERENCES signing_key (thumbprint),
    registration_uri TEXT,
    registration_token TEXT,
    access_token TEXT,
    refresh_token TEXT,
    token_type TEXT,
    granted_scope TEXT,
    expires_at INTEGER,
    refreshed_at INTEGER,
    linked_at INTEGER,
    pending TEXT
) STRICT, WITHOUT ROWID;

-- What a vendor showed when it was asked whether it has what a message brought, or let go of what a message took back: the
-- last reading for each message, so that a later one takes nothing away from what is known of an earlier.
CREATE TABLE read_back (
    vendor_id TEXT NOT NULL REFERENCES vendor (id),
    claim TEXT NOT NULL,
    channel TEXT NOT NULL,
    message_id TEXT NOT NULL REFERENCES message (id),
    state TEXT NOT NULL,
    seen TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (vendor_id, claim, channel, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX read_back_wrong ON read_back (vendor_id) WHERE state IN ('drifted', 'still_there');
