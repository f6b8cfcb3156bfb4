"""NDJSON: one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from carpel.kit.numbers import from_text

from .rows import MISSING, BrokenRow, Row
from .streams import Stream

_decode = msgspec.json.Decoder(float_hook=from_text).decode
# Objects whose members stand for columns of their own, as our exports have them.
_NESTED = ("fields", "properties")


class NdjsonReader:
    """Columns are all keys of the file, in the order they appear; so it is read twice."""

    typed = True

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._lines = stream.lines()
        self.columns: list[str] = []
        self._places: dict[str, int] = {}

    def rows(self) -> Iterator[Row | BrokenRow]:
        """The rows; a value stands at its column's place, and later rows may be longer."""
        for line, text in enumerate(self._lines, start=1):
            if not text.strip():
                continue
            try:
                found = _decode(text.encode())
            except UnicodeEncodeError:
                yield BrokenRow(line, "not UTF-8", text.strip().encode("utf-8", "replace").decode())
                continue
            except (msgspec.DecodeError, RecursionError) as error:
                yield BrokenRow(line, f"not JSON: {error}", text.strip())
                continue
            if not isinstance(found, dict):
                yield BrokenRow(line, "not a JSON object", text.strip())
                continue
            yield Row(line, self._values(found))

    def position(self) -> int:
        return self._stream.position()

    def close(self) -> None:
        self._stream.close()

    def _values(self, found: dict[str, Any]) -> list[Any]:
        flat = dict(found)
        for name in _NESTED:
            if isinstance(flat.get(name), dict):
                flat |= flat.pop(name)
        for name in flat:
            if name not in self._places:
                self._places[name] = len(self.columns)
                self.columns.append(name)
        values: list[Any] = [MISSING] * len(self.columns)
        for name, value in flat.items():
            values[self._places[name]] = value
        return values
