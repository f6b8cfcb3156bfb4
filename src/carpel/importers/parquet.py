"""Parquet, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .rows import BadFile, BrokenRow, Row

_BATCH_ROWS = 8192


class ParquetReader:
    """Rows count from 1, as lines do. Values come in JSON's types."""

    typed = True

    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise BadFile(f"{path}: {error}") from None
        self._size = path.stat().st_size
        self._read = 0
        self.columns = list(self._file.schema_arrow.names)

    def rows(self) -> Iterator[Row | BrokenRow]:
        """The rows."""
        line = 0
        try:
            for batch in self._file.iter_batches(_BATCH_ROWS):
                columns = [column.to_pylist() for column in batch.columns]
                for values in zip(*columns, strict=True):
                    line += 1
                    yield _row(line, values)
                self._read += batch.num_rows
        except pa.ArrowException as error:
            raise BadFile(f"the file is damaged after row {line}: {error}") from None

    def position(self) -> int:
        total = self._file.metadata.num_rows
        return self._size * self._read // total if total else self._size

    def close(self) -> None:
        self._file.close()


def _row(line: int, values: tuple[Any, ...]) -> Row | BrokenRow:
    try:
        return Row(line, [_json(value) for value in values])
    except ValueError as error:
        return BrokenRow(line, str(error), "")


def _json(value: Any) -> Any:
    """A value in JSON's types. A float becomes the shortest decimal that means it."""
    match value:
        case None | bool() | int() | str() | Decimal():
            return value
        case float():
            if value != value:  # noqa: PLR0124  (NaN stands for nothing)
                return None
            return Decimal(repr(value))
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return moment.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case list():
            return [_json(member) for member in value]
        case dict():
            return {name: _json(member) for name, member in value.items()}
        case _:
            raise ValueError(f"a value of type {type(value).__name__} cannot be taken")
