"""What every format gives: a header, and rows with the line they stand on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec


class BadFile(Exception):
    """The file as a whole cannot be read: no header, another format, a damaged archive."""


class Missing:
    """Stands where a row says nothing of a column, not even that it is empty."""


MISSING = Missing()


class Row(msgspec.Struct, frozen=True):
    """A row. `values` are texts from a text format, else JSON's types; None where empty.

    A row shorter than the columns says nothing of the last ones, nor where MISSING stands.
    """

    line: int
    values: list[Any]


class BrokenRow(msgspec.Struct, frozen=True):
    """A row that cannot be read, with the reason and its text as far as it is known."""

    line: int
    reason: str
    text: str


class Reader(Protocol):
    """One reading of a file, from the first row to the last."""

    columns: list[str]
    typed: bool  # whether values have JSON's types, or are all texts

    def rows(self) -> Iterator[Row | BrokenRow]:
        """The rows, in the file's order."""
        ...

    def position(self) -> int:
        """How many bytes of the file have been read."""
        ...

    def close(self) -> None:
        """Done with the file."""
        ...
