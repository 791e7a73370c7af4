-- Version 5.

-- What a vendor is found by when an import names it: the site that its host belongs to, and its title or what an import
-- calls it, in plain words. A vendor whose site is unknown yet (an older program's) is given it at the next import. The index
-- answers whose site it is by itself: the rows of a large vault lie far apart.
ALTER TABLE vendor ADD COLUMN site TEXT;
ALTER TABLE vendor ADD COLUMN called TEXT;
CREATE INDEX vendor_site ON vendor (site, name, domain);
CREATE INDEX vendor_called ON vendor (called) WHERE called IS NOT NULL;

-- One import, which can be taken back.
CREATE TABLE import_batch (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    sources TEXT NOT NULL,
    counts TEXT NOT NULL,
    undone_at INTEGER
) STRICT;

-- What was found, and of which vendor. The key is what makes the same item of the same kind of file the same again. What
-- is of no known vendor waits under what would name it.
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    batch INTEGER NOT NULL REFERENCES import_batch (number),
    kind TEXT NOT NULL,
    vendor_id TEXT REFERENCES vendor (id),
    -- The import that found the vendor, where it is a later one.
    matched_by INTEGER REFERENCES import_batch (number),
    waits_for TEXT,
    host TEXT,
    name TEXT,
    account TEXT,
    first_seen INTEGER,
    last_seen INTEGER,
    -- Which of the batch's sources, and where in it.
    source INTEGER NOT NULL,
    place TEXT NOT NULL,
    details TEXT
) STRICT;
CREATE INDEX evidence_vendor ON evidence (vendor_id);
CREATE INDEX evidence_waits ON evidence (waits_for) WHERE waits_for IS NOT NULL;

-- Claims that a vendor has by a piece of evidence.
CREATE TABLE evidence_claim (
    evidence_id INTEGER NOT NULL REFERENCES evidence (id),
    claim TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (evidence_id, claim, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_claim_name ON evidence_claim (claim);

-- What each import says of a piece of evidence that several of them have: any of them can be taken back, and what the others
-- say stays. The piece itself says what they say together, and belongs to the first of them.
CREATE TABLE evidence_seen (
    evidence_id INTEGER NOT NULL REFERENCES evidence (id),
    batch INTEGER NOT NULL REFERENCES import_batch (number),
    first_seen INTEGER,
    last_seen INTEGER,
    details TEXT,
    source INTEGER NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (evidence_id, batch)
) STRICT, WITHOUT ROWID;

-- The vendors that came with an import, and what they were called then.
CREATE TABLE import_vendor (
    vendor_id TEXT PRIMARY KEY REFERENCES vendor (id),
    batch INTEGER NOT NULL REFERENCES import_batch (number),
    name TEXT NOT NULL,
    title TEXT
) STRICT, WITHOUT ROWID;

-- What the user was asked once: which vendor something stands for, which column of a bank's file is what.
CREATE TABLE import_answer (
    kind TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    batch INTEGER NOT NULL REFERENCES import_batch (number),
    PRIMARY KEY (kind, question)
) STRICT, WITHOUT ROWID;

-- The public directories. A record that a newer one took the place of is kept, for when that one is taken back.
CREATE TABLE directory_record (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    batch INTEGER NOT NULL REFERENCES import_batch (number),
    replaced_by INTEGER REFERENCES import_batch (number),
    UNIQUE (source, slug, batch)
) STRICT;

-- Sites and names of the current records.
CREATE TABLE directory_name (
    name TEXT NOT NULL,
    record_id INTEGER NOT NULL REFERENCES directory_record (id),
    PRIMARY KEY (name, record_id)
) STRICT, WITHOUT ROWID;
