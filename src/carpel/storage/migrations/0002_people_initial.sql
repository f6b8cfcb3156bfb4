-- key = workspace * 2^32 + no; no is the small number by which engine and columns know a contact.
CREATE TABLE contact (
  key INTEGER PRIMARY KEY,
  id  BLOB NOT NULL UNIQUE,
  row BLOB NOT NULL                   -- MessagePack of domain/contacts/model.Row
) STRICT;

-- Several contacts may share an e-mail address or a phone number: the lowest number answers.
CREATE TABLE identifier (
  workspace INTEGER NOT NULL,
  kind      INTEGER NOT NULL,
  value     TEXT NOT NULL,
  no        INTEGER NOT NULL,
  PRIMARY KEY (workspace, kind, value, no)
) STRICT, WITHOUT ROWID;

-- Ids of contacts that turned out to be another one.
CREATE TABLE former_id (
  id  BLOB PRIMARY KEY,
  key INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events already taken, by a hash of their id; run is the import that saw it last.
CREATE TABLE event_key (
  hash BLOB PRIMARY KEY,
  run  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the column store has still to take over, written with the rows it follows from.
CREATE TABLE outbox (
  seq  INTEGER PRIMARY KEY,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE counter (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Who is in a list: an index over the lists in contacts' rows.
CREATE TABLE list_member (
  workspace INTEGER NOT NULL,
  list      INTEGER NOT NULL,
  no        INTEGER NOT NULL,
  PRIMARY KEY (workspace, list, no)
) STRICT, WITHOUT ROWID;
