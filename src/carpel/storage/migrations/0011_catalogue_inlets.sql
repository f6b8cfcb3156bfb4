-- Outside services that send events by themselves, and the keys they sign with.
CREATE TABLE inlet (
  id         TEXT PRIMARY KEY,
  workspace  INTEGER NOT NULL REFERENCES workspace,
  kind       TEXT NOT NULL,
  public_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (workspace, kind)
) STRICT;
