-- Numbers of deleted lists and fields are never given again: rows and columns may still hold them.
ALTER TABLE list ADD COLUMN deleted_at INTEGER;
ALTER TABLE field ADD COLUMN deleted_at INTEGER;

-- In which language the rules were written.
ALTER TABLE segment_version ADD COLUMN dialect TEXT NOT NULL DEFAULT 'carpel';
