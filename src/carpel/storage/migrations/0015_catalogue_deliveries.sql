-- A secret that is being replaced still signs, beside the new one, until an instant.
ALTER TABLE webhook ADD COLUMN old_secret BLOB;
ALTER TABLE webhook ADD COLUMN old_until INTEGER;

-- The newest attempts to deliver, for whoever looks for what went wrong. They go with their webhook.
CREATE TABLE webhook_attempt (
  no       INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook  TEXT NOT NULL,
  message  TEXT NOT NULL,             -- the id it was sent with
  kind     TEXT NOT NULL,             -- changes or test
  at       INTEGER NOT NULL,
  attempt  INTEGER NOT NULL,          -- of this message, from 1
  first    INTEGER,                   -- number of its first change
  last     INTEGER,
  changes  INTEGER NOT NULL,
  duration INTEGER NOT NULL,          -- microseconds
  status   INTEGER,
  error    TEXT,
  reply    TEXT NOT NULL              -- how the answer to one that failed began
) STRICT;
CREATE INDEX webhook_attempt_of ON webhook_attempt (webhook, no);
