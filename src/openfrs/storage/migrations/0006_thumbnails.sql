-- Small pictures of enrolled faces, in the face sets that want them.

ALTER TABLE face_set ADD COLUMN thumbnails INTEGER NOT NULL DEFAULT 0;

CREATE TABLE thumbnail (
    face_key   INTEGER PRIMARY KEY REFERENCES face ON DELETE CASCADE,
    object_key TEXT NOT NULL,               -- random; tells nothing of the face
    sealed     BLOB                         -- the encrypted picture, until the object store has it
) STRICT;

CREATE INDEX thumbnail_to_store ON thumbnail (face_key) WHERE sealed IS NOT NULL;

-- Objects whose face is gone and that are still to be erased. They get here in the transaction
-- that takes the face, whatever deletes it.
CREATE TABLE object_erasure (
    object_key TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TRIGGER thumbnail_gone AFTER DELETE ON thumbnail
BEGIN
    INSERT OR IGNORE INTO object_erasure VALUES (OLD.object_key);
END;
