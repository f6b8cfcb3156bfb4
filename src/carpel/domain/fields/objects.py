"""Objects as values: kept whole as JSON text, and their parts, which queries can name.

See docs/decisions/0010-objects.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from carpel.kit.instants import parse_instant

from .model import EACH, FieldType

LARGEST = 100_000  # bytes of JSON
DEEPEST = 16

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode

Path = tuple[str, ...]


class BadValue(ValueError):
    """A value does not fit its field; the message says what was expected."""


def from_json(value: Any) -> str:
    """The stored form of an object, or of an array of them; empty members are left out.

    Raises:
        BadValue: it is neither, or too large or too deep.
    """
    if not isinstance(value, dict | list):
        raise BadValue("expected an object or an array of objects")
    if isinstance(value, list) and not all(isinstance(one, dict) for one in value):
        raise BadValue("expected an array of objects, with nothing else in it")
    return write(without_nulls(value))


def from_text(text: str) -> str:
    """The stored form of an object in a text file.

    Raises:
        BadValue: it is no JSON object.
    """
    try:
        return from_json(_decode(text.encode()))
    except (msgspec.DecodeError, RecursionError):
        raise BadValue("expected a JSON object") from None


def write(value: Any) -> str:
    """An object as JSON text, digit for digit.

    Raises:
        BadValue: it is too large.
    """
    text = _encode(value)
    if len(text) > LARGEST:
        raise BadValue(f"an object of {len(text):,} bytes; at most {LARGEST:,} are kept")
    return text.decode()


def read(stored: str) -> Any:
    """The value of a stored object; fractions come as Decimal."""
    return _decode(stored)


def without_nulls(value: Any, depth: int = 0) -> Any:
    """The value without members that are null.

    Raises:
        BadValue: it is nested too deep, or holds a null character.
    """
    if depth > DEEPEST:
        raise BadValue(f"objects are nested more than {DEEPEST} deep")
    if isinstance(value, dict):
        return {
            name: without_nulls(inner, depth + 1)
            for name, inner in value.items()
            if inner is not None
        }
    if isinstance(value, list):
        return [without_nulls(inner, depth + 1) for inner in value if inner is not None]
    if isinstance(value, str) and "\x00" in value:
        raise BadValue("text with a null character cannot be kept")
    return value


def parts(value: Any) -> dict[Path, FieldType]:
    """The parts that queries can name, each with the type its value suggests."""
    return {path: _type_of(found) for path, found in values(value).items()}


def values(value: Any) -> dict[Path, Any]:
    """The values of the parts. Those of members of arrays are lists of texts."""
    found: dict[Path, Any] = {}
    for path, leaf in _leaves(value, ()):
        if EACH not in path:
            found[path] = leaf
        else:
            found.setdefault(path, []).extend(leaf if isinstance(leaf, list) else [leaf])
    return {
        path: list(dict.fromkeys(map(_text, leaf))) if isinstance(leaf, list) else leaf
        for path, leaf in found.items()
    }


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for inner in value:
            yield from _leaves(inner, path if isinstance(inner, list) else (*path, EACH))
    elif path and path[-1] != EACH:
        yield path, value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _encode(value).decode()


def _type_of(value: Any) -> FieldType:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | Decimal):
        return "number"
    if isinstance(value, list):
        return "text-list"
    return "date" if isinstance(value, str) and parse_instant(value) is not None else "text"
