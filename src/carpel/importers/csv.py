"""CSV, plain or compressed. A broken row costs itself, not the rows after it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from .rows import BadFile, BrokenRow, Row
from .streams import Stream

_DELIMITERS = (",", ";", "\t", "|")
_MOST_ROW_CHARACTERS = 1 << 20
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


class CsvReader:
    """Reads rows by Python's own parser, in its strict mode."""

    typed = False

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._lines = _Lines(stream.lines())
        header = self._lines.peek()
        if header is None:
            raise BadFile("the file is empty")
        self._delimiter = _delimiter(header)
        first = next(self._records(), None)
        if not isinstance(first, Row) or not any(name for name in first.values):
            raise BadFile("the first line is no header of column names")
        self.columns = [(name or "").strip() for name in first.values]
        _check_header(self.columns)

    def rows(self) -> Iterator[Row | BrokenRow]:
        """The rows; lines that are empty are passed over."""
        width = len(self.columns)
        for record in self._records():
            if isinstance(record, BrokenRow):
                yield record
                continue
            if not any(record.values):
                continue
            if len(record.values) != width:
                yield self._wrong_width(record, width)
            elif self._lines.undecodable():
                yield BrokenRow(record.line, "not UTF-8", self._lines.record())
            else:
                yield record

    def position(self) -> int:
        return self._stream.position()

    def close(self) -> None:
        self._stream.close()

    def _records(self) -> Iterator[Row | BrokenRow]:
        csv.field_size_limit(_MOST_ROW_CHARACTERS)
        reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        while True:
            line = self._lines.begin()
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # Over several lines it is the quote that did not close, wherever it shows.
                reason = "unclosed quote" if self._lines.many() else _reason(str(error))
                yield BrokenRow(line, reason, self._lines.give_back())
                # A parser that failed keeps half a row; a new one starts clean.
                reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
                continue
            yield Row(line, [value or None for value in values])

    def _wrong_width(self, record: Row, width: int) -> BrokenRow:
        """A quote left open may have swallowed good lines: they are read again."""
        found = len(record.values)
        text = self._lines.give_back()
        return BrokenRow(record.line, f"expected {width} columns, found {found}", text)


class _Lines:
    """The lines of a file, which can be given back up to where the present row began."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: list[str] = []
        self._row: list[str] = []
        self._size = 0
        self._line = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._size > _MOST_ROW_CHARACTERS:
            raise csv.Error("unclosed quote")
        line = self._again.pop() if self._again else next(self._lines)
        self._row.append(line)
        self._size += len(line)
        return line

    def peek(self) -> str | None:
        line = next(self._lines, None)
        if line is not None:
            self._again.append(line)
        return line

    def begin(self) -> int:
        """A new row begins; returns the number of its first line."""
        self._line += len(self._row)
        self._row, self._size = [], 0
        return self._line

    def record(self) -> str:
        """The present row's text."""
        return "".join(self._row).rstrip("\r\n")

    def many(self) -> bool:
        """Whether the present row has taken more than one line."""
        return len(self._row) > 1

    def undecodable(self) -> bool:
        """Whether the present row has bytes that are not UTF-8."""
        return any(not line.isascii() and _NOT_UTF8.search(line) for line in self._row)

    def give_back(self) -> str:
        """All lines of the present row but the first will be read again; returns that one."""
        first, rest = self._row[:1], self._row[1:]
        self._again.extend(reversed(rest))
        self._row = first
        return "".join(first).rstrip("\r\n")


def _delimiter(header: str) -> str:
    """The one of , ; tab | that the header has most of."""
    return max(_DELIMITERS, key=header.count)


def _check_header(columns: list[str]) -> None:
    seen: set[str] = set()
    for place, name in enumerate(columns, start=1):
        if not name:
            raise BadFile(f"column {place} has no name")
        if name.lower() in seen:
            raise BadFile(f"two columns are called {name}")
        seen.add(name.lower())


def _reason(message: str) -> str:
    """Python's words for what is wrong, in ours."""
    if "unexpected end of data" in message:
        return "unclosed quote"
    if "expected after" in message:
        return "text after a closing quote"
    if "field larger" in message:
        return "unclosed quote, or a value of over a million characters"
    return message
