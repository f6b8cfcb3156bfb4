-- Records of the log that came with an idempotency key, so that one which comes again is known. They
-- are written in the transaction that applies the record.
CREATE TABLE taken (
  key     BLOB PRIMARY KEY,           -- hash of workspace, caller, key and part of the request
  request BLOB NOT NULL,              -- hash of what was asked for
  at      INTEGER NOT NULL,
  result  BLOB NOT NULL               -- MessagePack of domain/ingest/results.ApplyResult
) STRICT, WITHOUT ROWID;
CREATE INDEX taken_at ON taken (at);
