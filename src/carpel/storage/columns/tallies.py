"""Events counted by contact and by what they are: statements for the column store."""

from __future__ import annotations

from collections.abc import Sequence

from carpel.storage.sql import Sql

from .batch import Kind
from .tables import Names, path_text


def tally(names: Names, numbers: Sequence[int], by: Sequence[tuple[str, Kind]]) -> Sql:
    """Contact, type, source, properties, count, first and last: a row for each that differ.

    Args:
        names: where the workspace's events lie.
        numbers: the contacts.
        by: names and kinds of properties on the top level; NULL where an event has none.
    """
    columns = [names.property_columns.get(path_text((name,)), {}).get(kind) for name, kind in by]
    chosen = "".join(f", {column or 'NULL'}" for column in columns)
    text = (
        f"SELECT contact, type, source{chosen}, count(*), epoch_us(min(happened_at)),"
        f" epoch_us(max(happened_at)) FROM {names.events}"
        " WHERE contact IN (SELECT unnest(?::INTEGER[])) GROUP BY ALL"
    )
    return Sql(text, (list(numbers),))


def kinds(names: Names) -> Sql:
    """Each type and source that there is."""
    return Sql(f"SELECT DISTINCT type, source FROM {names.events}")
