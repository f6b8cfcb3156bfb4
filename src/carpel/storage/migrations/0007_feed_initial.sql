-- How far the changes of a workspace go. `last` is the newest one's number; those up to
-- `forgotten` are no longer kept.
CREATE TABLE progress (
  workspace INTEGER PRIMARY KEY,
  last      INTEGER NOT NULL,
  forgotten INTEGER NOT NULL
) STRICT;

-- Erasures of contacts up to this log record have been carried out here.
CREATE TABLE erasure (through INTEGER NOT NULL) STRICT;
INSERT INTO erasure VALUES (0);

-- What was last published of a segment. Its members are those of `entry`, which holds changes up to
-- `folded`, with the blocks after that applied.
CREATE TABLE segment (
  no        INTEGER PRIMARY KEY,
  workspace INTEGER NOT NULL,
  version   INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  applied   INTEGER NOT NULL,
  size      INTEGER NOT NULL,
  folded    INTEGER NOT NULL
) STRICT;

-- Contacts that entered or left a segment together: change number first + n is that of the n-th
-- number in `members`. Numbers of erased contacts are gone from it, and counted in `holes`.
CREATE TABLE block (
  workspace INTEGER NOT NULL,
  first     INTEGER NOT NULL,
  count     INTEGER NOT NULL,
  segment   INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  version   INTEGER NOT NULL,
  entered   INTEGER NOT NULL,         -- 1 entered, 0 left
  cause     TEXT NOT NULL,
  lowest    INTEGER NOT NULL,         -- of the contacts' numbers
  highest   INTEGER NOT NULL,
  members   BLOB NOT NULL,            -- roaring bitmap of contacts' numbers
  holes     BLOB,                     -- roaring bitmap of places in the block
  UNIQUE (workspace, first)
) STRICT;
CREATE INDEX block_of_segment ON block (segment, first, at, entered, count);

-- Since when each member is in, for 65,536 consecutive contact numbers at a time.
CREATE TABLE entry (
  segment INTEGER NOT NULL,
  part    INTEGER NOT NULL,           -- contact number / 65,536
  body    BLOB NOT NULL,              -- domain/feed/entries.py
  UNIQUE (segment, part)
) STRICT;

-- How a segment's size went: one row for each minute in which it was published anew. Kept for good.
CREATE TABLE size (
  segment INTEGER NOT NULL,
  minute  INTEGER NOT NULL,           -- since 1970
  at      INTEGER NOT NULL,           -- of the last publication in that minute
  size    INTEGER NOT NULL,
  entered INTEGER NOT NULL,
  left    INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (segment, minute)
) STRICT, WITHOUT ROWID;
