-- Where changes of membership are sent. `cursor` is the last change delivered (or passed over);
-- `through` the end of the message being tried, so that it is the same at each attempt.
CREATE TABLE webhook (
  id            TEXT PRIMARY KEY,
  workspace     INTEGER NOT NULL REFERENCES workspace,
  url           TEXT NOT NULL,
  secret        BLOB NOT NULL,
  segments      TEXT NOT NULL,        -- JSON array of segments' numbers; empty means all
  first_fill    INTEGER NOT NULL,
  enabled       INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  cursor        INTEGER NOT NULL,
  through       INTEGER,
  attempts      INTEGER NOT NULL,
  next_at       INTEGER NOT NULL,
  failing_since INTEGER,
  delivered_at  INTEGER,
  error         TEXT
) STRICT;

-- Answers to requests with an Idempotency-Key, given again to the same request.
CREATE TABLE idempotent_answer (
  workspace  INTEGER NOT NULL,
  caller     TEXT NOT NULL,           -- the key's id
  key        TEXT NOT NULL,
  request    BLOB NOT NULL,           -- hash of method, path, query and body
  status     INTEGER NOT NULL,
  media_type TEXT NOT NULL,
  body       BLOB NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (workspace, caller, key)
) STRICT, WITHOUT ROWID;
