-- What faces must be like to be added to a set: a JSON object of bounds, empty for none.

ALTER TABLE face_set ADD COLUMN quality_gate TEXT NOT NULL DEFAULT '{}';
