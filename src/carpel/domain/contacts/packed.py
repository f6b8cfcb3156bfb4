"""Contacts' rows, as the people store keeps them, made an Arrow table in a process beside the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from carpel.domain.fields import Fields
from carpel.storage.columns import ContactRows

from .columns import to_columns
from .session import decode_row

_KIND = b"kind"
_PIECE = 500  # rows; some milliseconds

_encode = msgspec.msgpack.Encoder().encode


class Packed(msgspec.Struct, array_like=True, tag="rows"):
    """What is asked of a process beside: a workspace's rows by contact number."""

    workspace: int
    rows: dict[int, bytes]


def unpacked(fields: Fields, workspace: int, packed: Mapping[int, bytes]) -> ContactRows:
    """The rows by column."""
    rows = [(no, decode_row(raw)) for no, raw in packed.items()]
    return to_columns(rows, fields.by_number(workspace))


def requests(workspace: int, packed: Mapping[int, bytes]) -> Iterator[bytes]:
    """What to ask, a piece at a time."""
    left = iter(packed.items())
    while some := dict(islice(left, _PIECE)):
        yield _encode(Packed(workspace, some))


def answer(packed: Packed, fields: Fields) -> bytes:
    """In a process beside: the rows as a stream of Arrow's, in which each column says its kind."""
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)

    rows = unpacked(fields, packed.workspace, packed.rows)
    table = rows.arrow()
    kinds = [one.with_metadata({_KIND: rows.columns[one.name][0]}) for one in table.schema]
    return streamed(table.cast(pa.schema(kinds)))


def found_in(answers: Sequence[bytes]) -> ContactRows:
    """What it answers, all together. A column may be missing where no row of a piece has anything."""
    tables, whole = together(answers)
    kinds: dict[str, Any] = {
        one.name: one.metadata[_KIND].decode() for table in tables for one in table.schema
    }
    return ContactRows({name: (kind, ()) for name, kind in kinds.items()}, whole)


def streamed(table: Any) -> bytes:
    """An Arrow table as a stream."""
    import pyarrow as pa  # noqa: PLC0415

    into = pa.BufferOutputStream()
    with pa.ipc.new_stream(into, table.schema) as stream:
        stream.write_table(table)
    return into.getvalue().to_pybytes()  # type: ignore[no-any-return]


def together(streams: Sequence[bytes]) -> tuple[list[Any], Any]:
    """The tables in some streams, and all of them as one, with the columns of all."""
    import pyarrow as pa  # noqa: PLC0415

    tables = [pa.ipc.open_stream(stream).read_all() for stream in streams]
    return tables, pa.concat_tables(tables, promote_options="default")
