"""How the oracle reads one JSON value as a type, and what it does to texts."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from support.oracle_calendar import read_instant

Kind: TypeAlias = Literal["text", "number", "date", "boolean", "text-list", "duration", "any"]

_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LIMIT = 10**18
_PLACES = 10**12


def rounded(value: Fraction) -> Fraction | None:
    """A number as it is kept: 12 places, half to even; None when it does not fit."""
    if abs(value) >= _LIMIT:
        return None
    kept = Fraction(round(value * _PLACES), _PLACES)
    return kept if abs(kept) < _LIMIT else None


def plain(value: Fraction) -> str:
    """The plain decimal text of a kept number."""
    digits = str(abs(value.numerator) * (_PLACES // value.denominator)).zfill(13)
    text = (digits[:-12] + "." + digits[-12:]).rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


def read(value: Any, kind: Kind) -> Any:
    """A JSON value read as a type; None when there is none or it does not read so."""
    match kind:
        case "text":
            return _text(value)
        case "number":
            return _number(value)
        case "date":
            return read_instant(value) if isinstance(value, str) else None
        case "boolean":
            return _boolean(value)
        case "text-list":
            return value if isinstance(value, list) else None
        case _:
            return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _text(value: Any) -> str | None:
    if _is_number(value):
        number = _number(value)
        return None if number is None else plain(number)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


def _number(value: Any) -> Fraction | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value) and len(value) < 100:
        return rounded(Fraction(Decimal(value)))
    if _is_number(value):
        return rounded(Fraction(Decimal(str(value))))
    return None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def like(text: str, pattern: str) -> bool:
    """`%` is any run, `_` any one character, a backslash makes the next one plain."""
    if not pattern:
        return not text
    first, rest = pattern[0], pattern[1:]
    if first == "%":
        return any(like(text[start:], rest) for start in range(len(text) + 1))
    if first == "\\" and rest:
        first, rest = rest[0], rest[1:]
    elif first == "_":
        return bool(text) and like(text[1:], rest)
    return text[:1] == first and like(text[1:], rest)


def regexp(text: str, pattern: str, ignore_case: bool) -> bool:  # noqa: FBT001
    """Python's own expressions; a `$` at the end is the very end, classes are those of ASCII."""
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        pattern = pattern[:-1] + r"\Z"
    of_ascii = not ignore_case or re.search(r"\\[dDwWsSbB]", pattern) is not None
    flags = (re.IGNORECASE if ignore_case else 0) | (re.ASCII if of_ascii else 0)
    return re.search(pattern, text, flags) is not None


def lower(text: str) -> str:
    """Character by character: none becomes two, and none looks at its neighbours."""
    return "".join(letter.lower()[0] for letter in text)


def upper(text: str) -> str:
    """The same; the capital of a sharp s is the sharp one."""
    return "".join(_capital(letter) for letter in text)


def _capital(letter: str) -> str:
    if letter == "ß":
        return "ẞ"
    found = (letter.upper(), letter.title(), letter)  # a ligature's upper case has more letters
    return next(one for one in found if len(one) == 1)
