-- One row while the vendors' doors are closed: since when, in microseconds.
CREATE TABLE maintenance (since INTEGER NOT NULL);
