"""Rows to the objects that the own API takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from carpel.domain.fields import BadValue, FieldType, from_text, to_json

from .mapping import Uses
from .rows import MISSING, Row

# So many different texts of a column are remembered with their values.
_MOST_REMEMBERED = 50_000

EVENT_COLUMNS = ("event", "time", "event_id", "source")


class BadRow(Exception):
    """A row cannot be taken; the message says why."""


class Converter(Protocol):
    """Makes an object of a row."""

    def __call__(self, row: Row) -> dict[str, Any]: ...


def contact_converter(
    uses: Uses, types: Mapping[str, FieldType], *, typed: bool, lists: list[str]
) -> Converter:
    """For contacts: identifiers, then fields by their types. An empty value empties the field."""
    fields = [
        (name, place, _reader(types[name], typed=typed)) for name, place in uses.others.items()
    ]
    list_part = {"lists": lists} if lists else {}

    def convert(row: Row) -> dict[str, Any]:
        values = row.values
        shown: dict[str, Any] = {}
        for name, place, read in fields:
            value = values[place] if place < len(values) else MISSING
            if value is MISSING:
                continue
            try:
                shown[name] = None if value is None else read(value)
            except BadValue as error:
                raise BadRow(f"{name}: {error}") from None
        return {**_identifiers(uses, row), "fields": shown, **list_part}

    return convert


def event_converter(uses: Uses, types: Mapping[str, FieldType], *, typed: bool) -> Converter:
    """For events: every column that is not special is a property."""
    properties = [
        (name, place, _reader(types[name], typed=typed)) for name, place in uses.others.items()
    ]

    def convert(row: Row) -> dict[str, Any]:
        values = row.values
        item: dict[str, Any] = _identifiers(uses, row)
        for name, place in uses.special.items():
            value = _there(values, place)
            if value is not None:
                item[name] = value
        for name in ("event", "time"):
            if name not in item:
                raise BadRow(f"{name} is empty")
        shown = {}
        for name, place, read in properties:
            value = _there(values, place)
            if value is not None:
                shown[name] = read(value)
        item["properties"] = shown
        return item

    return convert


def _identifiers(uses: Uses, row: Row) -> dict[str, Any]:
    found = {}
    for name, place in uses.identifiers.items():
        value = _there(row.values, place)
        if value is not None:
            found[name] = value
    if not found:
        raise BadRow("no identifier in this row")
    return found


def _there(values: list[Any], place: int) -> Any:
    """A value, None where there is none."""
    value = values[place] if place < len(values) else None
    return None if value is MISSING else value


def _reader(field_type: FieldType, *, typed: bool) -> Callable[[Any], Any]:
    """Reads one column's values; texts seen before are looked up."""
    if typed:
        return _text_of if field_type == "text" else _as_it_is
    if field_type == "text":
        return _as_it_is
    remembered: dict[str, Any] = {}

    def read(text: str) -> Any:
        value = remembered.get(text)
        if value is None:
            value = to_json(field_type, from_text(field_type, text))
            if len(remembered) < _MOST_REMEMBERED:
                remembered[text] = value
        return value

    return read


def _as_it_is(value: Any) -> Any:
    return value


def _text_of(value: Any) -> Any:
    """A text field takes numbers and booleans of a typed file as their text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | Decimal) else value
