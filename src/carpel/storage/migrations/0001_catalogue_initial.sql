CREATE TABLE workspace (
  no          INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL UNIQUE,
  project_key TEXT NOT NULL UNIQUE,
  created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE key (
  id          TEXT PRIMARY KEY,
  workspace   INTEGER NOT NULL REFERENCES workspace,
  name        TEXT NOT NULL,
  hash        BLOB NOT NULL UNIQUE,
  permissions TEXT NOT NULL,          -- JSON array
  allow_ips   TEXT NOT NULL,          -- JSON array of networks; empty means any
  created_at  INTEGER NOT NULL,
  revoked_at  INTEGER
) STRICT;

CREATE TABLE field (
  workspace  INTEGER NOT NULL REFERENCES workspace,
  no         INTEGER NOT NULL,        -- custom fields count from 101; lower ones are reserved
  name       TEXT NOT NULL,
  folded     TEXT NOT NULL,           -- the name without case: unique
  type       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (workspace, no),
  UNIQUE (workspace, folded)
) STRICT;

CREATE TABLE list (
  workspace  INTEGER NOT NULL REFERENCES workspace,
  no         INTEGER NOT NULL,
  id         TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (workspace, no),
  UNIQUE (workspace, name)
) STRICT;

CREATE TABLE segment (
  no          INTEGER PRIMARY KEY AUTOINCREMENT,
  id          TEXT NOT NULL UNIQUE,
  workspace   INTEGER NOT NULL REFERENCES workspace,
  code        TEXT NOT NULL,
  name        TEXT NOT NULL,
  note        TEXT NOT NULL,
  analytics   INTEGER NOT NULL,
  tags        TEXT NOT NULL,          -- JSON array
  teams       TEXT NOT NULL,          -- JSON array
  list        INTEGER,                -- restricts the segment to a list's members
  version     INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  archived_at INTEGER,
  UNIQUE (workspace, code),
  UNIQUE (workspace, name)
) STRICT;

-- The rules, as written and as understood, at every moment of the segment's life.
CREATE TABLE segment_version (
  segment  INTEGER NOT NULL REFERENCES segment ON DELETE CASCADE,
  version  INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  sql      TEXT NOT NULL,
  document TEXT NOT NULL,
  list     INTEGER,
  PRIMARY KEY (segment, version)
) STRICT;

-- Sizes as they were seen, one row for each minute in which a size changed.
CREATE TABLE segment_size (
  segment INTEGER NOT NULL REFERENCES segment ON DELETE CASCADE,
  minute  INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  size    INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (segment, minute)
) STRICT, WITHOUT ROWID;
