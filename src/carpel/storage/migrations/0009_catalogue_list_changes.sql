-- What people call a list, where that is not its name; and the last time somebody changed who is in
-- it: when, by which record of the log, and which record last put others in place of everybody.
ALTER TABLE list ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE list ADD COLUMN changed_at INTEGER;
ALTER TABLE list ADD COLUMN changed_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE list ADD COLUMN replaced_seq INTEGER NOT NULL DEFAULT 0;
