-- From here on contacts of a block may be four bytes of nought and their numbers, ascending, four bytes
-- each, where they were a bitmap before (domain/feed/movers.py). What is there stays as it is.
SELECT 1;
