-- Version 1 of the vault. Times are milliseconds since 1970, UTC; ids are UUIDv7 texts; JSON is text.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Append-only. Holds no claim value: it can be shown to a regulator as it is.
CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY,
    device_id BLOB NOT NULL REFERENCES device (id),
    device_seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    prev BLOB NOT NULL,
    hash BLOB NOT NULL,
    UNIQUE (device_id, device_seq)
) STRICT;
CREATE TRIGGER ledger_is_append_only_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_is_append_only_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TABLE persona (
    name TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every version of every claim; the current one has no end.
CREATE TABLE claim (
    id INTEGER PRIMARY KEY,
    persona TEXT NOT NULL REFERENCES persona (name),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX claim_current ON claim (persona, name) WHERE ended_at IS NULL;

CREATE TABLE vendor (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    title TEXT,
    url TEXT NOT NULL,
    domain TEXT NOT NULL,
    metadata TEXT NOT NULL,
    allow_loopback INTEGER NOT NULL,
    approved_origins TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    discovered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX vendor_domain ON vendor (domain);

-- The keys that a vendor signs with, kept when the vendor rotates them: an old receipt must still verify.
CREATE TABLE vendor_key (
    vendor_id TEXT NOT NULL REFERENCES vendor (id),
    kid TEXT NOT NULL,
    jwk TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (vendor_id, kid)
) STRICT, WITHOUT ROWID;

-- My side of one vendor: account, pairwise name, token and preferences.
CREATE TABLE relationship (
    vendor_id TEXT PRIMARY KEY REFERENCES vendor (id),
    account TEXT,
    rank INTEGER,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    token TEXT,
    introduced_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The relationship's own signing keys; the current one has no end.
CREATE TABLE signing_key (
    thumbprint TEXT PRIMARY KEY,
    vendor_id TEXT NOT NULL REFERENCES vendor (id),
    seed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX signing_key_current ON signing_key (vendor_id) WHERE retired_at IS NULL;

CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    vendor_id TEXT NOT NULL REFERENCES vendor (id),
    at INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;

-- What one vendor gets in place of a claim of the profile.
CREATE TABLE alias (
    vendor_id TEXT NOT NULL REFERENCES vendor (id),
    claim TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (vendor_id, claim)
) STRICT, WITHOUT ROWID;

CREATE TABLE "grant" (
    id TEXT PRIMARY KEY,
    vendor_id TEXT NOT NULL REFERENCES vendor (id),
    version INTEGER NOT NULL,
    persona TEXT NOT NULL REFERENCES persona (name),
    scope TEXT NOT NULL,
    status TEXT NOT NULL,
    vendor_status TEXT NOT NULL,
    txn TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_how TEXT,
    confirm_by INTEGER,
    confirmed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX grant_vendor ON "grant" (vendor_id);

-- Messages out and in. An answer names the message it answers and holds the key that it was verified with.
CREATE TABLE message (
    id TEXT PRIMARY KEY,
    direction TEXT NOT NULL,
    vendor_id TEXT NOT NULL REFERENCES vendor (id),
    grant_id TEXT REFERENCES "grant" (id),
    event TEXT NOT NULL,
    version INTEGER,
    jti TEXT NOT NULL,
    jws TEXT NOT NULL,
    set_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    attempted_at INTEGER,
    due_at INTEGER,
    delivered_at INTEGER,
    reason TEXT,
    answers TEXT REFERENCES message (id),
    verified_by TEXT,
    UNIQUE (vendor_id, direction, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_queued ON message (vendor_id, created_at) WHERE state = 'queued';
CREATE INDEX message_grant ON message (grant_id);

-- One claim value that a message carries to a vendor; it left when the message was delivered.
CREATE TABLE disclosure (
    id INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL REFERENCES message (id),
    vendor_id TEXT NOT NULL REFERENCES vendor (id),
    grant_id TEXT NOT NULL REFERENCES "grant" (id),
    claim TEXT NOT NULL,
    hash TEXT NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0,
    deleted_at INTEGER,
    deleted_by TEXT REFERENCES message (id)
) STRICT;
CREATE INDEX disclosure_vendor ON disclosure (vendor_id, claim);
CREATE INDEX disclosure_claim ON disclosure (claim);
CREATE INDEX disclosure_message ON disclosure (message_id);

-- The values, apart from the log of them.
CREATE TABLE disclosed_value (
    disclosure_id INTEGER PRIMARY KEY REFERENCES disclosure (id),
    salt BLOB NOT NULL,
    value TEXT NOT NULL
) STRICT;
