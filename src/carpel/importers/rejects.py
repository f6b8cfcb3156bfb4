"""Rejected rows, with line and reason, in a file beside the one they came from."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from .rows import MISSING


class Rejects:
    """Writes FILE.rejected.csv; there is no such file when nothing was rejected."""

    def __init__(self, source: Path) -> None:
        self.path = source.with_name(source.name + ".rejected.csv")
        self.count = 0
        self._stream: IO[str] | None = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def add(self, line: int, reason: str, columns: list[str], row: list[Any] | str) -> None:
        """One row: its values by column, or its text where it could not be read."""
        if self._stream is None:
            self._stream = self.path.open(
                "w", newline="", encoding="utf-8", errors="backslashreplace"
            )
            csv.writer(self._stream).writerow(["line", "reason", *columns])
        values = [row] if isinstance(row, str) else [_shown(one) for one in row]
        csv.writer(self._stream).writerow([line, reason, *values])
        self.count += 1


def _shown(value: Any) -> Any:
    return "" if value is None or value is MISSING else value
