-- Parts of objects are fields too: of which field, and the way to them (JSON array).
ALTER TABLE field ADD COLUMN part_of INTEGER;
ALTER TABLE field ADD COLUMN path TEXT;
