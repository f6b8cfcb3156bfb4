-- Contacts that are gone: their numbers are in the changes that say so, which are told by id.
CREATE TABLE ended (
  key    INTEGER PRIMARY KEY,         -- as in `contact`
  id     BLOB NOT NULL,
  seq    INTEGER NOT NULL,            -- the log record that ended them
  at     INTEGER NOT NULL,
  erased INTEGER NOT NULL             -- 1: erased, 0: met another contact
) STRICT;
CREATE INDEX ended_order ON ended (seq);
