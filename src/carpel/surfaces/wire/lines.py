"""NDJSON bodies of any length: read line by line, handed on in pieces that fit into memory.

Where a piece ends follows from the body alone, not from how it arrives: the same body makes the same
pieces when it is sent again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from .bodies import NotJson, parse_json

MOST_LINES = 5_000
MOST_BYTES = 4 * 1024 * 1024
LONGEST_LINE = 4 * 1024 * 1024

Line = tuple[int, bytes]


class LineTooLong(Exception):
    """A line has more than `LONGEST_LINE` bytes; `number` counts from 1."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number} has more than {LONGEST_LINE // 1024 // 1024} MiB")
        self.number = number


async def pieces(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[Line]]:
    """The lines of a body with their numbers, from 1; empty lines count but are left out.

    Raises:
        LineTooLong: one is.
    """
    rest, number, size = b"", 0, 0
    ready: list[Line] = []
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            number += 1
            size += _add(ready, number, line)
            if len(ready) >= MOST_LINES or size >= MOST_BYTES:
                yield ready
                ready, size = [], 0
        if len(rest) > LONGEST_LINE:
            raise LineTooLong(number + 1)
    _add(ready, number + 1, rest)
    if ready:
        yield ready


def _add(ready: list[Line], number: int, line: bytes) -> int:
    """Keep a line unless it is empty; returns how many bytes that took."""
    if len(line) > LONGEST_LINE:
        raise LineTooLong(number)
    if not line.strip():
        return 0
    ready.append((number, line))
    return len(line)


def parse_each(piece: list[Line]) -> list[Any | NotJson]:
    """The value of each line, or why it has none."""
    return [_parsed(line) for _, line in piece]


def _parsed(line: bytes) -> Any | NotJson:
    try:
        return parse_json(line)
    except NotJson as error:
        return error
