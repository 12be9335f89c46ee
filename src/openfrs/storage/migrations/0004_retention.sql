-- How many days a set's faces are kept from their enrolment, NULL for as long as nobody deletes them.
ALTER TABLE face_set ADD COLUMN retention_days INTEGER;

-- When each face was enrolled, in seconds since 1970 UTC. Faces that were there before this column
-- have NULL, and count as enrolled when it came: no row of theirs is rewritten.
ALTER TABLE face ADD COLUMN enrolled_at INTEGER;

CREATE TABLE enrolment_times (
    known_since INTEGER NOT NULL
) STRICT;

INSERT INTO enrolment_times VALUES (CAST(strftime('%s', 'now') AS INTEGER));
