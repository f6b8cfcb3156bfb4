"""Rows of contacts as CSV, NDJSON or Parquet, batch by batch in bounded memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO, Any, Protocol

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from carpel.domain.fields import Field
from carpel.kit.instants import parse_instant, to_datetime

_encode = msgspec.json.Encoder(decimal_format="number").encode

Row = dict[str, Any]


class Writer(Protocol):
    """Writes rows, whose values are as JSON has them."""

    def write(self, rows: Sequence[Row]) -> None:
        """Some more rows."""
        ...

    def close(self) -> None:
        """The end of the file."""
        ...


class NdjsonWriter:
    """One JSON object a line; what a contact does not have is left out."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            there = {name: value for name, value in row.items() if value is not None}
            self._stream.write(_encode(there) + b"\n")

    def close(self) -> None:
        """Nothing is left to write."""


class CsvWriter:
    """A header and a line a contact (RFC 4180, UTF-8); arrays and objects as JSON."""

    def __init__(self, stream: IO[bytes], columns: Sequence[str]) -> None:
        self._text = io.TextIOWrapper(stream, "utf-8", newline="", write_through=True)
        self._writer = csv.writer(self._text)
        self._columns = columns
        self._writer.writerow(columns)

    def write(self, rows: Sequence[Row]) -> None:
        self._writer.writerows([_cell(row.get(name)) for name in self._columns] for row in rows)

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class ParquetWriter:
    """Columns of their types: decimals, timestamps, lists; objects as JSON text."""

    def __init__(self, stream: IO[bytes], types: dict[str, str]) -> None:
        self._types = types
        fields = [pa.field(name, _ARROW[kind]) for name, kind in types.items()]
        self._schema = pa.schema(fields)
        self._writer = pq.ParquetWriter(stream, self._schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        arrays = [
            pa.array([_typed(row.get(name), kind) for row in rows], type=_ARROW[kind])
            for name, kind in self._types.items()
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


_ARROW: dict[str, Any] = {
    "text": pa.string(),
    "number": pa.decimal128(38, 12),
    "date": pa.timestamp("us", tz="UTC"),
    "boolean": pa.bool_(),
    "text-list": pa.list_(pa.string()),
    "object": pa.string(),
}


def writer_for(
    file_format: str, stream: IO[bytes], fixed: dict[str, str], fields: Sequence[Field]
) -> Writer:
    """The writer of a format; `fixed` are columns that every row has, with their types."""
    types = fixed | {field.name: field.type for field in fields}
    if file_format == "ndjson":
        return NdjsonWriter(stream)
    if file_format == "csv":
        return CsvWriter(stream, list(types))
    return ParquetWriter(stream, types)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return _encode(value).decode()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _typed(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "date":
        return _moment(value)
    if kind == "number":
        return Decimal(value)
    return _encode(value).decode() if kind == "object" else value


def _moment(text: str) -> datetime | None:
    found = parse_instant(text)
    return None if found is None else to_datetime(found)
