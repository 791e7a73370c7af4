-- Version 2: a vendor's notes are found without reading all notes.
CREATE INDEX note_vendor ON note (vendor_id);
