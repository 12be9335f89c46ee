-- Who did what. An entry is JSON, its hash covers it and the hash before it; see audit_chain.py.

CREATE TABLE audit_entry (
    number INTEGER PRIMARY KEY,             -- 1, 2, 3, ... without gaps
    entry  TEXT NOT NULL,
    hash   TEXT NOT NULL
) STRICT;

-- Where the log begins and ends, sealed with a key that is not in the database.
CREATE TABLE audit_head (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    first    INTEGER NOT NULL,
    anchor   TEXT NOT NULL,                 -- the hash of the entry before the first
    last     INTEGER NOT NULL,
    hash     TEXT NOT NULL,                 -- the hash of the last entry
    seal     TEXT NOT NULL
) STRICT;

INSERT INTO audit_head VALUES (
    1,
    1,
    '0000000000000000000000000000000000000000000000000000000000000000',
    0,
    '0000000000000000000000000000000000000000000000000000000000000000',
    ''
);
