"""Properties laid flat: a path and a typed value for each leaf of the JSON object.

A text that also reads as a number, a date or a boolean is kept as that too, so that it can be
compared with one: what a text means as a number is decided here once, not by each database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from carpel.domain.fields import BadValue, from_json
from carpel.kit.instants import parse_instant
from carpel.kit.numbers import exact, plain
from carpel.storage.columns.tables import path_text

from .model import Property

MOST_LEAVES = 500
LONGEST_TEXT = 65_535
DEEPEST = 16

_json = msgspec.json.Encoder(decimal_format="number")


def flatten(properties: Mapping[str, Any]) -> list[Property]:
    """All leaves; null ones are left out.

    Raises:
        BadValue: a value too large, too deep, or too many of them.
    """
    flat = [leaf for path, value in _leaves(properties, ()) for leaf in _typed(path, value)]
    if len(flat) > MOST_LEAVES:
        raise BadValue(f"an event has at most {MOST_LEAVES} properties")
    return flat


def _leaves(
    value: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    if len(path) > DEEPEST:
        raise BadValue(f"properties are nested more than {DEEPEST} deep")
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from _leaves(inner, (*path, name))
        elif inner is not None:
            yield (*path, name), inner


def _typed(path: tuple[str, ...], value: Any) -> Iterator[Property]:
    text = path_text(path)
    match value:
        case bool():
            yield text, "boolean", value
        case int() | Decimal():
            yield text, "number", _number(path, value)
        case str():
            if len(value) > LONGEST_TEXT or "\x00" in value:
                raise BadValue(f"{'.'.join(path)}: a text has at most {LONGEST_TEXT:,} characters")
            yield text, "text", value
            yield from _readings(text, value)
        case _:
            encoded = _json.encode(value).decode()
            if len(encoded) > LONGEST_TEXT:
                raise BadValue(f"{'.'.join(path)}: at most {LONGEST_TEXT:,} characters of JSON")
            yield text, "json", encoded


def _readings(path: str, value: str) -> Iterator[Property]:
    """What else a text can be read as."""
    first = value[:1]
    if first in "-.0123456789" and first:
        try:
            if value.isascii() and "_" not in value and value == value.strip():
                yield path, "number", plain(exact(value))
        except ValueError:
            pass
        instant = parse_instant(value)
        if instant is not None:
            yield path, "date", instant
    elif value in ("true", "false"):
        yield path, "boolean", value == "true"


def _number(path: tuple[str, ...], value: int | Decimal) -> str:
    try:
        return str(from_json("number", value))
    except BadValue as error:
        raise BadValue(f"{'.'.join(path)}: {error}") from None
