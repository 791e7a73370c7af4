-- Version 3.

-- What becomes of a message of ours, apart from the message: it changes with every attempt, and the message, which is
-- long, never does. Place: 0 the relationship's key (a change of it, once it may have arrived), 1 a revocation, 2 all else.
CREATE TABLE delivery (
    message_id TEXT PRIMARY KEY REFERENCES message (id),
    vendor_id TEXT NOT NULL REFERENCES vendor (id),
    place INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    attempted_at INTEGER,
    due_at INTEGER,
    delivered_at INTEGER,
    reason TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO delivery
    SELECT id, vendor_id, CASE event WHEN 'relationship-created' THEN 0 WHEN 'grant-revoked' THEN 1 ELSE 2 END,
           state, attempts, attempted_at, due_at, delivered_at, reason
    FROM message WHERE direction = 'out';
CREATE INDEX delivery_open ON delivery (vendor_id, place, message_id) WHERE state IN ('queued', 'held');
CREATE INDEX delivery_failed ON delivery (message_id) WHERE state = 'failed';

DROP INDEX message_queued;
ALTER TABLE message DROP COLUMN state;
ALTER TABLE message DROP COLUMN attempts;
ALTER TABLE message DROP COLUMN attempted_at;
ALTER TABLE message DROP COLUMN due_at;
ALTER TABLE message DROP COLUMN delivered_at;
ALTER TABLE message DROP COLUMN reason;

-- An answer finds its message, and a message its answers.
CREATE INDEX message_hash ON message (set_hash) WHERE direction = 'out';
CREATE INDEX message_answers ON message (answers) WHERE answers IS NOT NULL;

-- A grant's last message is found without reading the others, which are long.
DROP INDEX message_grant;
CREATE INDEX message_grant ON message (grant_id, direction, version, event);
CREATE INDEX disclosure_grant ON disclosure (grant_id);

-- The rule by which a grant may be renewed without asking: each time for so long (ISO 8601), and never past that end.
ALTER TABLE "grant" ADD COLUMN renew_for TEXT;
ALTER TABLE "grant" ADD COLUMN renew_until INTEGER;
-- When the user stopped waiting for the vendor to confirm the end.
ALTER TABLE "grant" ADD COLUMN closed_at INTEGER;
-- When the user was last reminded of a grant that nothing touches.
ALTER TABLE "grant" ADD COLUMN reminded_at INTEGER;
-- The last version of a grant that the vendor said it has in use. Where it is not known any more, it is not guessed.
ALTER TABLE "grant" ADD COLUMN vendor_version INTEGER;
UPDATE "grant" SET vendor_version = version WHERE vendor_status IN ('accepted', 'partially_accepted');
CREATE INDEX grant_current ON "grant" (expires_at) WHERE status IN ('offered', 'active');

-- When the vendor was last asked for its keys, whatever came of it.
ALTER TABLE vendor ADD COLUMN keys_asked_at INTEGER;

-- The key that a vendor is being told of: it is the relationship's own once the vendor took it. One change at a time.
CREATE TABLE next_key (
    vendor_id TEXT PRIMARY KEY REFERENCES vendor (id),
    thumbprint TEXT NOT NULL UNIQUE,
    seed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
