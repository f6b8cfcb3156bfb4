-- How a segment looked when it was looked at on schedule.
CREATE TABLE segment_sample (
  segment  INTEGER PRIMARY KEY REFERENCES segment ON DELETE CASCADE,
  taken_at INTEGER NOT NULL,
  size     INTEGER NOT NULL,
  members  BLOB NOT NULL,             -- a hash: whether anyone entered or left since
  numbers  TEXT NOT NULL,             -- JSON array: up to 50 members
  gap      INTEGER NOT NULL,          -- microseconds to the next look
  next_at  INTEGER NOT NULL
) STRICT;

-- Looks that were asked for by hand.
CREATE TABLE segment_refresh (
  segment   INTEGER NOT NULL,         -- outlives the segment: the day's limit counts it
  workspace INTEGER NOT NULL REFERENCES workspace,
  at        INTEGER NOT NULL,
  zone      TEXT NOT NULL
) STRICT;
CREATE INDEX segment_refresh_order ON segment_refresh (workspace, at);
