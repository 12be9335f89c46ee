-- A database of version 4, as that version made it. Never change it: nobody's database changes either.
BEGIN TRANSACTION;
CREATE TABLE access_key (
    access_key          TEXT PRIMARY KEY,
    user_id             TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
    sealed_secret       BLOB NOT NULL,
    created             TEXT NOT NULL,
    security_token_hash TEXT,
    expires             TEXT
) STRICT;
INSERT INTO "access_key" VALUES('AK1','user-1',X'01','2026-11-23T12:00:00.000000+00:00',NULL,NULL);
CREATE TABLE domain (
    domain_id TEXT PRIMARY KEY,
    name      TEXT NOT NULL
) STRICT;
INSERT INTO "domain" VALUES('domain-1','openfrs');
CREATE TABLE enrolment_times (
    known_since INTEGER NOT NULL
) STRICT;
INSERT INTO "enrolment_times" VALUES(1795607074);
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
, enrolled_at INTEGER) STRICT;
INSERT INTO "face" VALUES(1,1,'face0001','image-1','{"floor":1,"name":"n1"}',30,40,1,2,1,1,NULL);
INSERT INTO "face" VALUES(2,1,'face0002','image-2','{"floor":2,"name":"n2"}',30,40,1,2,2,2,NULL);
INSERT INTO "face" VALUES(4,1,'face0004','image-4','{"floor":4,"name":"n4"}',30,40,1,2,4,5,NULL);
INSERT INTO "face" VALUES(7,9,'face0007','image-7','{}',30,40,1,2,1,1,NULL);
CREATE TABLE face_change (
    face_set_key INTEGER NOT NULL,          -- a face_set, or one in face_set_erasure
    revision     INTEGER NOT NULL,
    face_key     INTEGER NOT NULL,
    PRIMARY KEY (face_set_key, revision, face_key)
) STRICT, WITHOUT ROWID;
INSERT INTO "face_change" VALUES(1,1,1);
INSERT INTO "face_change" VALUES(1,2,2);
INSERT INTO "face_change" VALUES(1,3,3);
INSERT INTO "face_change" VALUES(1,4,4);
INSERT INTO "face_change" VALUES(1,5,4);
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
    pruned         INTEGER NOT NULL DEFAULT 0, quality_gate TEXT NOT NULL DEFAULT '{}', retention_days INTEGER,   -- tombstones up to this revision are gone
    UNIQUE (project_id, name)
) STRICT;
INSERT INTO "face_set" VALUES(1,'project-1','set00001','staff',10000,'{"name":"string","floor":"integer","stamp":"long","ratio":"double","active":"boolean"}','pack-1','2026-11-23T12:00:00.000000+00:00',3,5,0,'{"blur":0.4}',NULL);
CREATE TABLE face_set_erasure (
    face_set_key INTEGER PRIMARY KEY
) STRICT;
INSERT INTO "face_set_erasure" VALUES(9);
CREATE TABLE project (
    project_id TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "project" VALUES('project-1','project-1');
CREATE TABLE template (
    face_key INTEGER PRIMARY KEY REFERENCES face ON DELETE CASCADE,
    vector   BLOB NOT NULL                  -- float32, little-endian
) STRICT;
INSERT INTO "template" VALUES(1,X'61B82B3E5F21CC3E9331243E5AE221BF58EFE03E84CD5D3ED56785BEDA60903E');
INSERT INTO "template" VALUES(2,X'1774623D6C8A1CBEBC63F7BD56C736BFD8BB063F7450AB3E7CE6C2BDCBB8673E');
INSERT INTO "template" VALUES(4,X'715380BE429889BD55C7233F3AC6813EAE9421BF7D2003BB617F75BE5C1A6A3D');
INSERT INTO "template" VALUES(7,X'004F223A02F9193E3B4A0DBE2081E5BE0F566ABECB8BFFBE9EFBF73C96AF2C3F');
CREATE TABLE user (
    user_id       TEXT PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    administrator INTEGER NOT NULL,
    generation    INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO "user" VALUES('user-1','admin','hash',1,0);
CREATE TABLE user_project (
    user_id    TEXT NOT NULL REFERENCES user ON DELETE CASCADE,
    project_id TEXT NOT NULL REFERENCES project ON DELETE CASCADE,
    PRIMARY KEY (user_id, project_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_key_of_user ON access_key (user_id);
CREATE INDEX face_in_order ON face (face_set_key, face_key);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('face_set',1);
INSERT INTO "sqlite_sequence" VALUES('face',7);
COMMIT;
PRAGMA user_version = 4;
