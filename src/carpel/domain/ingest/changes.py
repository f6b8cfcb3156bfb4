"""What a batch changed: for the columns to take over, and for the engine to look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from carpel.domain.events.model import EventRow
from carpel.domain.events.packed import by_column, packed
from carpel.domain.fields import Field, Fields
from carpel.engine.tracked import Touched
from carpel.storage.columns import ContactRows, Differs, WorkspaceBatch


class PackedChanges(msgspec.Struct):
    """`WorkspaceChanges` as the outbox keeps them."""

    workspace: int
    contacts: set[int]
    removed: set[int]
    erased: set[int]
    moved: list[tuple[int, int]]
    events: msgspec.Raw


class WorkspaceChanges(msgspec.Struct):
    """One workspace's part. `contacts` are numbers whose row is new or different."""

    workspace: int
    contacts: set[int] = msgspec.field(default_factory=set)
    removed: set[int] = msgspec.field(default_factory=set)  # rows that go
    erased: set[int] = msgspec.field(default_factory=set)  # contacts whose events go as well
    moved: list[tuple[int, int]] = msgspec.field(default_factory=list)
    events: list[EventRow] = msgspec.field(default_factory=list)

    def packed(self) -> PackedChanges:
        """As the outbox keeps them."""
        events = msgspec.Raw(packed(self.events))
        return PackedChanges(
            self.workspace, self.contacts, self.removed, self.erased, self.moved, events
        )


@dataclass
class Changes:
    """All of a batch."""

    parts: dict[int, WorkspaceChanges] = field(default_factory=dict)
    # By column whose value in it changed, for each workspace; in all columns that of `whole` may have.
    columns: dict[int, defaultdict[str, list[int]]] = field(default_factory=dict)
    created: dict[int, set[int]] = field(default_factory=dict)
    whole: dict[int, set[int]] = field(default_factory=dict)

    def part(self, workspace: int) -> WorkspaceChanges:
        if workspace not in self.parts:
            self.parts[workspace] = WorkspaceChanges(workspace)
            self.columns[workspace] = defaultdict(list)
            self.created[workspace] = set()
            self.whole[workspace] = set()
        return self.parts[workspace]

    def differs(self, workspace: int, fields: Fields) -> Differs:
        """Where contacts' rows may be others than before."""
        columns: dict[str, Sequence[int]] = dict(self.columns[workspace])
        for number, parts in fields.parts_of(workspace).items():
            if changed := columns.get(f"f{number}"):
                columns.update({one.column: changed for one in parts})
        return Differs(self.created[workspace] | self.whole[workspace], columns)

    def touched(self, fields: Fields) -> list[Touched]:
        """For the engine. Where an object changed, all of its parts may have."""
        return [
            Touched(
                workspace,
                population=bool(self.created[workspace] or part.removed),
                columns=frozenset(_with_parts(self.columns[workspace], fields.parts_of(workspace))),
                types=frozenset(event.name for event in part.events),
                events=bool(part.moved or part.removed),
            )
            for workspace, part in self.parts.items()
        ]


def _with_parts(columns: Collection[str], parts: dict[int, list[Field]]) -> set[str]:
    touched = [one for number, some in parts.items() if f"f{number}" in columns for one in some]
    return {*columns, *(one.column for one in touched)}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[WorkspaceChanges])


def encode(changes: Iterable[PackedChanges]) -> bytes:
    """For the outbox."""
    return _encoder.encode(list(changes))


def decode(body: bytes) -> list[WorkspaceChanges]:
    """From the outbox."""
    return _decoder.decode(body)


def to_batch(
    part: WorkspaceChanges, created: set[int], contacts: ContactRows | None = None
) -> WorkspaceBatch:
    """For the columns. `created` are contacts known to have no old row there."""
    return WorkspaceBatch(
        part.workspace,
        replaced=sorted((part.contacts - created) | part.removed),
        contacts=contacts or ContactRows(),
        moved=part.moved,
        erased=sorted(part.erased),
        events=by_column(part.events),
    )
