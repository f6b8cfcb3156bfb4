"""Names and codes of segments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Sequence

from carpel.domain.refusals import Invalid

LONGEST_NAME = 100
LONGEST_CODE = 64
LONGEST_NOTE = 5_000
MOST_TAGS = 100

_CODE = re.compile(rf"[A-Z0-9_-]{{1,{LONGEST_CODE}}}")
_NOT_CODE = re.compile(r"[^A-Z0-9_]+")


def checked_name(name: str) -> str:
    """The name, or Invalid."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(
            "bad_name", f"a segment's name has 1 to {LONGEST_NAME} printable characters", "name"
        )
    return name


def checked_code(code: str) -> str:
    """The code, or Invalid."""
    if not _CODE.fullmatch(code):
        raise Invalid(
            "bad_code",
            f"a code has 1 to {LONGEST_CODE} characters out of A-Z, 0-9, _ and -, not {code!r}",
            "code",
        )
    return code


def checked_words(words: Sequence[str], what: str) -> tuple[str, ...]:
    """Tags or teams without repeats, or Invalid."""
    for word in words:
        if not word.strip() or len(word) > LONGEST_NAME or not word.isprintable():
            raise Invalid(
                "bad_name", f"{what} are texts of 1 to {LONGEST_NAME} printable characters", what
            )
    distinct = tuple(dict.fromkeys(words))
    if len(distinct) > MOST_TAGS:
        raise Invalid("too_many", f"a segment has at most {MOST_TAGS} {what}", what)
    return distinct


def checked_note(note: str) -> str:
    """The note, or Invalid."""
    if len(note) > LONGEST_NOTE:
        raise Invalid("bad_note", f"a note has at most {LONGEST_NOTE:,} characters", "note")
    return note


def code_from(name: str, taken: Container[str]) -> str:
    """A code that is free and recalls the name: `Café, VIP` becomes `CAFE-VIP`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem = _NOT_CODE.sub("-", plain.upper()).strip("-")[:LONGEST_CODE].strip("-") or "SEGMENT"
    code, number = stem, 1
    while code in taken:
        number += 1
        suffix = f"-{number}"
        code = stem[: LONGEST_CODE - len(suffix)] + suffix
    return code
