-- Tables of contacts and events are made for each workspace when it first holds something.
CREATE TABLE progress (applied BIGINT NOT NULL);
INSERT INTO progress VALUES (0);

-- Which column holds a property of events: a path (JSON array of keys) in one of its kinds.
CREATE TABLE property (
  workspace  INTEGER NOT NULL,
  path       VARCHAR NOT NULL,
  kind       VARCHAR NOT NULL,
  column_no  INTEGER NOT NULL
);
