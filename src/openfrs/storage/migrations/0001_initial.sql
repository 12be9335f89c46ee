-- Identity

CREATE TABLE domain (
    domain_id TEXT PRIMARY KEY,
    name      TEXT NOT NULL
) STRICT;

CREATE TABLE project (
    project_id TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE user (
    user_id       TEXT PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    administrator INTEGER NOT NULL,
    generation    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE user_project (
    user_id    TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
    project_id TEXT NOT NULL REFERENCES project ON DELETE CASCADE,
    PRIMARY KEY (user_id, project_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_key (
    access_key          TEXT PRIMARY KEY,
    user_id             TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
    sealed_secret       BLOB NOT NULL,
    created             TEXT NOT NULL,
    security_token_hash TEXT,
    expires             TEXT
) STRICT;

CREATE INDEX access_key_of_user ON access_key (user_id);

-- Faces

CREATE TABLE face_set (
    face_set_key   INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id     TEXT NOT NULL REFERENCES project,
    face_set_id    TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    capacity       INTEGER NOT NULL,
    schema         TEXT NOT NULL,           -- JSON object: field name to type
    model          TEXT NOT NULL,           -- the pack whose templates the set holds
    created        TEXT NOT NULL,           -- UTC, ISO 8601
    face_number    INTEGER NOT NULL DEFAULT 0,
    revision       INTEGER NOT NULL DEFAULT 0,   -- rises with each write to the set's faces
    pruned         INTEGER NOT NULL DEFAULT 0,   -- tombstones up to this revision are gone
    UNIQUE (project_id, name)
) STRICT;

CREATE TABLE face (
    face_key          INTEGER PRIMARY KEY AUTOINCREMENT,
    face_set_key      INTEGER NOT NULL,     -- a face_set, or one in face_set_erasure
    face_id           TEXT NOT NULL UNIQUE,
    external_image_id TEXT NOT NULL,
    external_fields   TEXT NOT NULL,        -- JSON object: field name to value
    width             INTEGER NOT NULL,
    height            INTEGER NOT NULL,
    top_left_x        INTEGER NOT NULL,
    top_left_y        INTEGER NOT NULL,
    enrolled          INTEGER NOT NULL,     -- the revision that added the face
    revision          INTEGER NOT NULL      -- the revision that last wrote it
) STRICT;

CREATE INDEX face_in_order ON face (face_set_key, face_key);
CREATE INDEX face_by_revision ON face (face_set_key, revision);

-- Templates stand apart from the client data, so that an update rewrites one small row.
CREATE TABLE template (
    face_key INTEGER PRIMARY KEY REFERENCES face ON DELETE CASCADE,
    vector   BLOB NOT NULL                  -- float32, little-endian
) STRICT;

-- What a mirror must forget. Holds no template and no client data.
CREATE TABLE tombstone (
    face_set_key INTEGER NOT NULL REFERENCES face_set ON DELETE CASCADE,
    revision     INTEGER NOT NULL,
    face_key     INTEGER NOT NULL,
    PRIMARY KEY (face_set_key, revision, face_key)
) STRICT, WITHOUT ROWID;

-- Sets that are gone, some of whose faces may still wait to be erased: a set of millions goes in
-- many small transactions, and a process that dies between them takes the rest up at its start.
CREATE TABLE face_set_erasure (
    face_set_key INTEGER PRIMARY KEY
) STRICT;
