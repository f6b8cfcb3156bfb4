"""Contacts that changed lately lie in a small table, `recent`, beside the large one.

To delete a row DuckDB looks through the whole table, however few go, and folds each piece of it that
lost one into its file again: too much for every batch of a large workspace. So an old row stays where
it is, its contact's number is put down in `stale`, and the new row comes into `recent`. Readers leave
out of the large table who is stale. `unite` does for all of them at once what each batch did before.

What is in the small table is not there for long: it is not compressed, which would take most of the time
in which DuckDB folds its log into its file.
"""

from __future__ import annotations

import duckdb

PLAIN = "USING COMPRESSION uncompressed"


def contacts(place: str, *, divided: bool) -> str:
    """Where a workspace's contacts lie, to stand behind FROM."""
    if not divided:
        return f"{place}.contacts"
    return (
        f"(SELECT * FROM {place}.contacts ANTI JOIN {place}.stale USING (no)"
        f" UNION ALL BY NAME SELECT * FROM {place}.recent)"
    )


def ensure(connection: duckdb.DuckDBPyConnection, place: str) -> None:
    """Make the small tables when they are missing."""
    found = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns()"
        " WHERE schema_name = ? AND table_name = 'contacts' ORDER BY column_index",
        [place],
    ).fetchall()
    columns = ", ".join(f"{name} {kind} {PLAIN}" for name, kind in found)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {place}.recent ({columns})")
    connection.execute(f"CREATE TABLE IF NOT EXISTS {place}.stale (no INTEGER NOT NULL)")


def count(connection: duckdb.DuckDBPyConnection, place: str) -> int:
    """How many rows of the large table do not count."""
    return int(connection.execute(f"SELECT count(*) FROM {place}.stale").fetchall()[0][0])


def wasted(connection: duckdb.DuckDBPyConnection, place: str) -> float:
    """Of the rows that the large table has on disk, the part that does not count any more."""
    (rows,) = connection.execute(
        "SELECT estimated_size FROM duckdb_tables()"
        " WHERE schema_name = ? AND table_name = 'contacts'",
        [place],
    ).fetchall()[0]
    (there,) = connection.execute(f"SELECT count(*) FROM {place}.contacts").fetchall()[0]
    return (rows - there + count(connection, place)) / rows if rows else 0.0


def outdate(place: str) -> list[str]:
    """Statements after which contacts in a table `gone` have no row that counts."""
    return [
        f"DELETE FROM {place}.recent WHERE no IN (SELECT no FROM gone)",
        f"INSERT INTO {place}.stale SELECT no FROM gone ANTI JOIN {place}.stale USING (no)",
    ]


def unite(connection: duckdb.DuckDBPyConnection, place: str, part: int = 0, parts: int = 1) -> None:
    """Put everybody whose number is in one of so many equal parts of all into the large table; for a
    transaction of its own.

    Contacts lie by number but for those that were put back before, so for a part DuckDB looks
    through a part of the table.
    """
    newest = f"SELECT coalesce(max(no), 0) FROM {place}.stale"
    ((highest,),) = connection.execute(newest).fetchall()
    width = highest // parts + 1
    among = f"no >= {part * width} AND no < {(part + 1) * width}"
    for statement in (
        f"DELETE FROM {place}.contacts WHERE {among} AND no IN (FROM {place}.stale)",
        f"INSERT INTO {place}.contacts BY NAME FROM {place}.recent WHERE {among}",
        f"DELETE FROM {place}.recent WHERE {among}",
        f"DELETE FROM {place}.stale WHERE {among}",
    ):
        connection.execute(statement).fetchall()
