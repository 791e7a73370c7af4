-- Version 2.

-- A vendor's notes are found without reading all notes.
CREATE INDEX note_vendor ON note (vendor_id);

-- The document that a vendor was discovered by, apart from the vendor: rows that do not fit a page are read whole at each
-- step on the way to one of them.
CREATE TABLE vendor_document (
    vendor_id TEXT PRIMARY KEY REFERENCES vendor (id),
    document TEXT NOT NULL
) STRICT;
INSERT INTO vendor_document SELECT id, metadata FROM vendor;
ALTER TABLE vendor DROP COLUMN metadata;
