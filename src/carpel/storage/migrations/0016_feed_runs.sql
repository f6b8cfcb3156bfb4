-- What is copied and dropped here must leave no bytes either.
PRAGMA secure_delete = ON;

-- Since when members are in, for 65,536 consecutive contact numbers at a time. A run is what a stretch
-- of a segment's changes made of the contacts they moved: in since when, or out. The newest run that
-- has a contact says what holds, as of `folded`. Where no older run is left, it says nothing of who is out.
CREATE TABLE run (
  segment INTEGER NOT NULL,
  part    INTEGER NOT NULL,           -- contact number / 65,536
  through INTEGER NOT NULL,           -- the newest change in it
  count   INTEGER NOT NULL,           -- of its contacts
  body    BLOB NOT NULL,              -- domain/feed/runs.py
  UNIQUE (segment, part, through)
) STRICT;

-- What was one entry is the oldest run; how many are in is not known here.
INSERT INTO run
SELECT entry.segment, entry.part, segment.folded, 65536, entry.body
FROM entry JOIN segment ON segment.no = entry.segment ORDER BY entry.segment, entry.part;
DROP TABLE entry;

-- That somebody erased has left: of them nothing is in any run, and nothing shall be.
ALTER TABLE block ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
