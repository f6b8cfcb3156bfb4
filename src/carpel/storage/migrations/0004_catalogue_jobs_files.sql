-- Work that outlives the request that asked for it.
CREATE TABLE job (
  id          TEXT PRIMARY KEY,
  workspace   INTEGER NOT NULL REFERENCES workspace,
  kind        TEXT NOT NULL,
  sole        TEXT,                   -- no two unfinished jobs of a kind share it
  spec        TEXT NOT NULL,          -- JSON: what to do
  state       TEXT NOT NULL,          -- held, queued, running, done, failed, cancelled
  done        INTEGER NOT NULL,
  total       INTEGER,
  result      TEXT,                   -- JSON: what came of it
  error       TEXT,
  created_at  INTEGER NOT NULL,
  started_at  INTEGER,
  finished_at INTEGER
) STRICT;

CREATE INDEX job_order ON job (workspace, created_at);
CREATE UNIQUE INDEX job_sole ON job (workspace, kind, sole)
  WHERE sole IS NOT NULL AND state IN ('held', 'queued', 'running');

-- Files to be fetched or sent by link; their content lies in the directory's folder `files`.
CREATE TABLE file (
  id         TEXT PRIMARY KEY,
  workspace  INTEGER NOT NULL REFERENCES workspace,
  name       TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size       INTEGER,                 -- bytes; NULL while nothing has been stored
  most       INTEGER,                 -- the largest upload taken; NULL where none is
  job        TEXT,                    -- what goes on when the upload is there
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

-- What links are signed with.
CREATE TABLE link_secret (secret BLOB NOT NULL) STRICT;
