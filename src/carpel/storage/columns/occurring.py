"""Which values occur in a column, and which properties events have."""

from __future__ import annotations

from typing import Literal

from carpel.storage.sql import Sql

from .tables import Names, path_text

_EVENT_COLUMNS = {"event_type": "type", "event_source": "source", "event_id": "event_id"}
_LONGEST = 200


def of_contacts(names: Names, column: str, prefix: str, most: int) -> Sql | None:
    """The most frequent values of a contact's column that begin so, as text, and how many have them."""
    if column not in names.contact_columns:
        return None
    return _frequent(names.contacts, column, prefix, most)


def of_events(names: Names, column: str, prefix: str, most: int) -> Sql | None:
    """The same of a column that every event has."""
    known = _EVENT_COLUMNS.get(column)
    return _frequent(names.events, known, prefix, most) if known else None


def of_property(names: Names, path: tuple[str, ...], prefix: str, most: int) -> Sql | None:
    """The same of a property of events."""
    kinds = names.property_columns.get(path_text(path), {})
    order: tuple[Literal["text", "number", "boolean"], ...] = ("text", "number", "boolean")
    column = next((kinds[kind] for kind in order if kind in kinds), None)
    return _frequent(names.events, column, prefix, most) if column else None


def members(names: Names, column: str, prefix: str, most: int) -> Sql | None:
    """The same of what a contact's lists hold."""
    if column not in names.contact_columns:
        return None
    inner = f"(SELECT unnest({column}) AS value FROM {names.contacts})"
    return _frequent(inner, "value", prefix, most)


def _frequent(table: str, column: str, prefix: str, most: int) -> Sql:
    text = (
        f"SELECT CAST({column} AS VARCHAR) AS value, count(*) AS times FROM {table}"
        f" WHERE {column} IS NOT NULL AND starts_with(lower(CAST({column} AS VARCHAR)), lower(?))"
        f" AND length(CAST({column} AS VARCHAR)) <= {_LONGEST}"
        " GROUP BY ALL ORDER BY times DESC, value LIMIT ?"
    )
    return Sql(text, (prefix, most))
