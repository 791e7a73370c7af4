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
