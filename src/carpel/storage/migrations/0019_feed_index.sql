-- A segment's small blocks are read from the index alone: all that is asked of them is in it. Blocks of
-- one or two contacts are nearly all, and lie anywhere in the table.
DROP INDEX block_of_segment;
CREATE INDEX block_of_segment ON block (segment, first, at, entered, count, erased, lowest, highest);
