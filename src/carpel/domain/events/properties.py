"""Properties laid flat: a path and a typed value for each leaf of the JSON object.

A text that also reads as a number, a date or a boolean is kept as that too, so that it can be
compared with one: what a text means as a number is decided here once, not by each database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from carpel.domain.fields import BadValue
from carpel.kit.instants import parse_instant
from carpel.kit.numbers import NumberOutOfRange, canonical, exact, plain
from carpel.storage.columns.tables import path_text

from .model import Property

MOST_LEAVES = 500
LONGEST_TEXT = 65_535
DEEPEST = 16

# How a text begins that may be a number, a date or a boolean.
_TELLING = frozenset("-.0123456789tf")

_json = msgspec.json.Encoder(decimal_format="number")


def flatten(properties: Mapping[str, Any]) -> list[Property]:
    """All leaves; null ones are left out.

    Raises:
        BadValue: a value too large, too deep, or too many of them.
    """
    flat: list[Property] = []
    _collect(properties, (), flat)
    if len(flat) > MOST_LEAVES:
        raise BadValue(f"an event has at most {MOST_LEAVES} properties")
    return flat


def _collect(value: Mapping[str, Any], above: tuple[str, ...], into: list[Property]) -> None:
    if len(above) > DEEPEST:
        raise BadValue(f"properties are nested more than {DEEPEST} deep")
    for name, inner in value.items():
        if isinstance(inner, dict) and inner:
            _collect(inner, (*above, name), into)
        elif inner is not None:
            _read((*above, name) if above else (name,), inner, into)


def _read(path: tuple[str, ...], value: Any, into: list[Property]) -> None:
    """One leaf, as all that it can be read as."""
    text = path_text(path)
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT or "\x00" in value:
            raise BadValue(f"{'.'.join(path)}: a text has at most {LONGEST_TEXT:,} characters")
        into.append((text, "text", value))
        if value[:1] in _TELLING:
            into.extend(_readings(text, value))
    elif isinstance(value, bool):
        into.append((text, "boolean", value))
    elif isinstance(value, int | Decimal):
        into.append((text, "number", _number(path, value)))
    else:
        encoded = _json.encode(value).decode()
        if len(encoded) > LONGEST_TEXT:
            raise BadValue(f"{'.'.join(path)}: at most {LONGEST_TEXT:,} characters of JSON")
        into.append((text, "json", encoded))


def _readings(path: str, value: str) -> Iterator[Property]:
    """What else a text can be read as."""
    if value[0] not in "tf":
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
        return canonical(value)
    except NumberOutOfRange as error:
        raise BadValue(f"{'.'.join(path)}: {error}") from None
