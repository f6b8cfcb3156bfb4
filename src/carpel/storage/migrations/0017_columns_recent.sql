-- Each workspace gets two more tables when it is opened, `recent` and `stale` (storage/columns/recent.py).
-- Who does not know them would see old rows of contacts: this number keeps such a Carpel out.
SELECT 1;
