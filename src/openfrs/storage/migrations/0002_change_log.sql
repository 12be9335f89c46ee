-- One log of what moved, in place of an index over the faces' revisions and of the tombstones: a
-- write adds to its end, where an index would be rewritten at as many places as there are faces.
-- A face that is in the log and not among the faces is gone. Holds no template and no client data.
CREATE TABLE face_change (
    face_set_key INTEGER NOT NULL,          -- a face_set, or one in face_set_erasure
    revision     INTEGER NOT NULL,
    face_key     INTEGER NOT NULL,
    PRIMARY KEY (face_set_key, revision, face_key)
) STRICT, WITHOUT ROWID;

DROP INDEX face_by_revision;
DROP TABLE tombstone;

-- The log begins now: "pruned" is the revision up to which it does not go back.
UPDATE face_set SET pruned = revision;
