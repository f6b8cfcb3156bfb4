"""Records of the log applied to the people store, then handed to the columns and the engine.

Both stores remember how far they are. A batch goes into the people store with an outbox entry in
one transaction; the columns take the entry over with its number in one of theirs. So whatever a
crash interrupts is taken up again, and nothing is applied twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from carpel.domain.contacts.columns import to_columns
from carpel.domain.contacts.counters import Counters
from carpel.domain.contacts.session import Session
from carpel.domain.feed import Feed
from carpel.engine.live import Engine
from carpel.kit.turns import INTERPRETER, Urgency
from carpel.storage.columns import (
    Columns,
    ContactRows,
    EventRows,
    Unmerged,
    WorkspaceBatch,
    in_few,
)
from carpel.storage.people import People

from . import changes as changes_
from .ahead import Due, Lately
from .applied import Applied, Told
from .batch import Batch
from .changes import Changes, PackedChanges, WorkspaceChanges
from .columnar import Columnar
from .records import Once

# So long the engine may hold up the applying: it may be at something else, as the end of a build.
_ENGINE_S = 1.0


class Applier:
    """Applies records in order: `apply` on one thread, `hand_over` on it or another."""

    def __init__(
        self,
        people: People,
        columns: Columns,
        columnar: Columnar,
        engine: Engine,
        feed: Feed,
        remember_us: int | None = None,
    ) -> None:
        """Args: remember_us: how long ids of contacts that are gone are kept, None for ever."""
        self._columnar = columnar
        self._feed = feed
        self._remember_us = remember_us
        self._people = people
        self._columns = columns
        self._fields = columnar.fields
        self._engine = engine
        self._handed_over = columns.applied
        self._counters = Counters(people)
        self._lately = Lately(people.applied)

    @property
    def applied(self) -> int:
        """The last record that the people store has."""
        return self._people.applied

    @property
    def handed_over(self) -> int:
        """The last record that the columns have."""
        return self._handed_over

    def recover(self) -> None:
        """Hand over what the columns had not taken when the process ended."""
        for seq, body in self._people.outbox_after(self._handed_over):
            batches = [
                changes_.to_batch(part, set(), self._stored_rows(part))
                for part in changes_.decode(body)
            ]
            self._columns.apply(seq, batches)
            self._handed_over = seq
            self._engine.touch(seq, (), batches)  # it has computed nothing yet
            self._engine.stored(seq)

    def apply(
        self, records: Sequence[Due], on_told: Callable[[], object] = lambda: None
    ) -> Applied:
        """Apply consecutive records as one batch to the people store, and tell the engine of it.

        When the machine died, the columns may be ahead; a batch then lies on one side of where
        they are, so that they are never handed what they have. What lives in memory needs no
        columns, and is worked out while the people store writes; who moved is told once it has.

        Args:
            records: what to apply.
            on_told: called when the engine knows.
        """
        written = threading.Event()
        try:
            return self._apply(records, written, on_told)
        finally:
            written.set()

    def _apply(
        self, records: Sequence[Due], written: threading.Event, on_told: Callable[[], object]
    ) -> Applied:
        """What SQLite does needs no turn."""
        seq = records[-1].seq
        batch = Batch(self._people, self._counters)
        with self._people.write():
            self._people.clear_outbox(self._handed_over)
            batch.look_up(records, self._lately)
            with INTERPRETER.taken(Urgency.APPLYING):
                results = [batch.apply(one.seq, one.record) for one in records]
                rows = batch.session.pack()
                packed = {no: part.packed() for no, part in batch.changes.parts.items()}
                outbox = changes_.encode(packed.values())
                applied = Applied(seq, results, batch.changes)
                if seq > self._handed_over:  # or engine and columns have it already
                    self._give(applied, batch.session, packed)
            self._tell(applied, written)
            on_told()
            batch.flush(rows, self._remember_us)
            self._people.put_outbox(seq, outbox)
            self._people.set_counters({**self._counters.moved(), "applied": seq})
        self._lately.note(seq, batch.session.touched())
        return applied

    def await_room(self) -> None:
        """Wait while the engine has enough to do; what comes meanwhile is applied together."""
        self._engine.await_room(_ENGINE_S)

    def is_other(self, once: Once) -> bool:
        """Whether something else came with this key before. Any thread may ask."""
        found = self._people.taken(once.key)
        return found is not None and found[0] != once.request

    def _tell(self, applied: Applied, written: threading.Event) -> None:
        for workspace, part in applied.changes.parts.items():
            self._feed.erase(applied.seq, workspace, part.erased)
            changed = part.contacts | part.removed
            who = [event.contact for event in part.events] if changed else ()
            self._feed.batch(applied.seq, workspace, changed, who)
        touched = applied.changes.touched(self._fields)
        again = self._again(applied.parts) if applied.parts else None
        self._engine.touch(applied.seq, touched, applied.batches, written, again)

    def hand_over(self, told: Sequence[Told]) -> None:
        """Bring the columns up to some batches; a few large ones are much quicker than many."""
        seq = told[-1].seq
        if seq > self._handed_over:
            with INTERPRETER.taken(Urgency.HANDING_OVER):
                few = in_few([one for batch in told for one in batch.parts])
            self._columns.apply(seq, [self._in_columns(one) for one in few])
            self._handed_over = seq
        self._engine.stored(seq)

    def tidy(self) -> None:
        """What makes the columns quicker to look through, when nothing comes; may take seconds."""
        self._columns.tidy()

    def _give(
        self, applied: Applied, session: Session, packed: Mapping[int, PackedChanges]
    ) -> None:
        """Put down what engine and columns are to take over."""
        for workspace, part in applied.changes.parts.items():
            batch = changes_.to_batch(part, applied.changes.created[workspace])
            events = [bytes(packed[workspace].events)] if part.events else []
            applied.parts.append(
                Unmerged(replace(batch, events=EventRows()), _written(session, part), events)
            )
            rows = self._rows_of(applied.changes, session, part)
            applied.batches.append(replace(batch, contacts=rows))

    def _rows_of(self, changes: Changes, session: Session, part: WorkspaceChanges) -> ContactRows:
        """The batch's own rows, as it left them."""
        workspace = part.workspace
        found = ((no, session.row(workspace, no)) for no in sorted(part.contacts))
        rows = [(no, row) for no, row in found if row is not None]
        differs = changes.differs(workspace, self._fields)
        return to_columns(rows, self._fields.by_number(workspace), differs)

    def _again(self, parts: Sequence[Unmerged]) -> Callable[[int], WorkspaceBatch]:
        """Makes a workspace's batch for the engine again."""
        packed = {part.batch.workspace: part for part in parts}
        return lambda workspace: self._columnar.batch(packed[workspace])

    def _in_columns(self, part: Unmerged) -> WorkspaceBatch:
        workspace = part.batch.workspace
        contacts = self._columnar.table(workspace, part.rows)
        events = self._columnar.events(part.events, partial(self._columns.have_room, workspace))
        return replace(part.batch, contacts=contacts, events=events)

    def _stored_rows(self, part: WorkspaceChanges) -> ContactRows:
        """As they are now in the people store; newer than the entry, and replaced again later."""
        rows = self._people.rows(part.workspace, sorted(part.contacts))
        return self._columnar.rows(part.workspace, dict(rows))


def _written(session: Session, part: WorkspaceChanges) -> dict[int, bytes]:
    """The batch's own rows as they are written."""
    written, workspace = session.written, part.workspace
    return {no: written[workspace, no] for no in part.contacts if (workspace, no) in written}
