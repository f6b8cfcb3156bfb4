"""Contacts' rows, as the people store keeps them, made an Arrow table for the columns.

For many rows that is done in a process beside the server (kit/processes.py): nothing in it has to wait
for a turn at the interpreter, and nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from carpel.domain.fields import Fields
from carpel.kit.turns import INTERPRETER, Urgency
from carpel.storage.columns import ContactRows

from .columns import to_columns
from .session import decode_row

_KIND = b"kind"
# So many rows are made columns beside, if there is a process to ask.
_MANY = 200
_PIECE = 1_000

_encode = msgspec.msgpack.Encoder().encode


class Packed(msgspec.Struct, array_like=True, tag="rows"):
    """What is asked of a process beside: a workspace's rows by contact number."""

    workspace: int
    rows: dict[int, bytes]


class Columnar:
    """Makes columns of rows, here or in a process beside."""

    def __init__(
        self, fields: Fields, ask_beside: Callable[[bytes], bytes | None] = lambda _: None
    ) -> None:
        """Args: fields: what contacts have; ask_beside: see `Helpers.ask_if_there`."""
        self.fields = fields
        self._ask_beside = ask_beside

    def rows(self, workspace: int, packed: Mapping[int, bytes]) -> ContactRows:
        """The rows by column."""
        rows = [(no, decode_row(raw)) for no, raw in packed.items()]
        return to_columns(rows, self.fields.by_number(workspace))

    def table(self, workspace: int, packed: dict[int, bytes]) -> ContactRows:
        """The same ready for the columns; if they are many, made beside."""
        if len(packed) >= _MANY:
            made = self._made_beside(workspace, packed)
            if made is not None:
                return made
        with INTERPRETER.taken(Urgency.HANDING_OVER):
            return self.rows(workspace, packed)

    def _made_beside(self, workspace: int, packed: dict[int, bytes]) -> ContactRows | None:
        """A piece at a time: bodies are read between them."""
        left = iter(packed.items())
        answers = []
        while some := dict(islice(left, _PIECE)):
            answered = self._ask_beside(_encode(Packed(workspace, some)))
            if answered is None:
                return None
            answers.append(answered)
        return _found_in(answers)


def answer(packed: Packed, fields: Fields) -> bytes:
    """In a process beside: the rows as a stream of Arrow's, in which each column says its kind."""
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)

    rows = Columnar(fields).rows(packed.workspace, packed.rows)
    table = rows.arrow()
    kinds = [one.with_metadata({_KIND: rows.columns[one.name][0]}) for one in table.schema]
    into = pa.BufferOutputStream()
    with pa.ipc.new_stream(into, pa.schema(kinds)) as stream:
        stream.write_table(table.cast(pa.schema(kinds)))
    return into.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _found_in(answers: Sequence[bytes]) -> ContactRows:
    """What it answers, all together. A column may be missing where no row of a piece has anything."""
    import pyarrow as pa  # noqa: PLC0415

    tables = [pa.ipc.open_stream(answered).read_all() for answered in answers]
    kinds: dict[str, Any] = {
        one.name: one.metadata[_KIND].decode() for table in tables for one in table.schema
    }
    whole = pa.concat_tables(tables, promote_options="default")
    return ContactRows({name: (kind, ()) for name, kind in kinds.items()}, whole)
