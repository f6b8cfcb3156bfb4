"""Records of the log applied to the people store, then handed to the columns and the engine.

Both stores remember how far they are. A batch goes into the people store with an outbox entry in
one transaction; the columns take the entry over with its number in one of theirs. So whatever a
crash interrupts is taken up again, and nothing is applied twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from carpel.domain.contacts.apply import NewId, apply_write
from carpel.domain.contacts.columns import to_columns
from carpel.domain.contacts.counters import Counters
from carpel.domain.contacts.model import Row, Write
from carpel.domain.contacts.session import Session, decode_row
from carpel.domain.events.model import EventRow, EventWrite
from carpel.domain.events.service import numbered_key
from carpel.domain.feed import Feed
from carpel.domain.fields import Fields
from carpel.engine.live import Engine
from carpel.kit.ids import derived_id
from carpel.storage.columns import Columns, ContactRows, WorkspaceBatch, in_few
from carpel.storage.people import People

from . import changes as changes_
from .applied import Applied, Told
from .changes import Changes
from .known import Known
from .records import (
    ContactsRecord,
    ErasureRecord,
    EventsRecord,
    ListClearedRecord,
    ListReplacedRecord,
    Once,
    Record,
)
from .results import ApplyResult

_EVENTS_COUNTER = "events"
# So long the engine may hold up the applying: it may be at something else, as the end of a build.
_ENGINE_S = 1.0


class Applier:
    """Applies records in order: `apply` and `tell` on one thread, `hand_over` on it or another."""

    def __init__(
        self,
        people: People,
        columns: Columns,
        fields: Fields,
        engine: Engine,
        feed: Feed,
        remember_us: int | None = None,
    ) -> None:
        """Args: remember_us: how long ids of contacts that are gone are kept, None for ever."""
        self._feed = feed
        self._remember_us = remember_us
        self._people = people
        self._columns = columns
        self._fields = fields
        self._engine = engine
        self._handed_over = columns.applied
        self._counters = Counters(people)

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
                changes_.to_batch(part, set(), self._contact_rows) for part in changes_.decode(body)
            ]
            self._columns.apply(seq, batches)
            self._handed_over = seq
            self._engine.touch(seq, (), batches)  # it has computed nothing yet
            self._engine.stored(seq)

    def apply(self, records: Sequence[tuple[int, Record]]) -> Applied:
        """Apply consecutive records as one batch to the people store.

        When the machine died, the columns may be ahead; a batch then lies on one side of where
        they are, so that they are never handed what they have.
        """
        seq = records[-1][0]
        batch = _Batch(self._people, self._counters)
        with self._people.write():
            self._people.clear_outbox(self._handed_over)
            results = [batch.apply(number, record) for number, record in records]
            batch.session.flush()
            batch.flush_event_keys()
            batch.flush_ended(self._remember_us)
            batch.known.flush()
            self._people.put_outbox(seq, changes_.encode(batch.changes.parts.values()))
            self._people.set_counters({**self._counters.moved(), "applied": seq})
        return Applied(seq, results, batch.changes, batch.session)

    def await_room(self) -> None:
        """Wait while the engine has enough to do; what comes meanwhile is applied together."""
        self._engine.await_room(_ENGINE_S)

    def is_other(self, once: Once) -> bool:
        """Whether something else came with this key before. Any thread may ask."""
        found = self._people.taken(once.key)
        return found is not None and found[0] != once.request

    def tell(self, applied: Applied) -> Told:
        """Tell the engine what a batch touched, before the columns have it.

        What lives in memory needs no columns, and is not to wait for them.
        """
        batches: list[WorkspaceBatch] = []
        if applied.seq > self._handed_over:
            batches = [
                changes_.to_batch(part, applied.changes.created[workspace], self._rows_of(applied))
                for workspace, part in applied.changes.parts.items()
            ]
        for workspace, part in applied.changes.parts.items():
            self._feed.erase(applied.seq, workspace, part.erased)
            changed = part.contacts | part.removed
            who = [event.contact for event in part.events] if changed else ()
            self._feed.batch(applied.seq, workspace, changed, who)
        self._engine.touch(applied.seq, applied.changes.touched(self._fields), batches)
        return Told(applied.seq, batches)

    def hand_over(self, told: Sequence[Told]) -> None:
        """Bring the columns up to some batches; a few large ones are much quicker than many."""
        seq = told[-1].seq
        if seq > self._handed_over:
            self._columns.apply(seq, in_few([one for part in told for one in part.batches]))
            self._handed_over = seq
        self._engine.stored(seq)

    def tidy(self) -> None:
        """What makes the columns quicker to look through, when nothing comes; may take seconds."""
        if not self._columns.is_united:
            self._columns.unite()

    def _rows_of(self, applied: Applied) -> Callable[[int, Iterable[int]], ContactRows]:
        """The batch's own rows, as it left them."""

        def rows(workspace: int, numbers: Iterable[int]) -> ContactRows:
            found = ((no, applied.session.row(workspace, no)) for no in numbers)
            return self._columns_of(workspace, [(no, row) for no, row in found if row is not None])

        return rows

    def _contact_rows(self, workspace: int, numbers: Iterable[int]) -> ContactRows:
        """As they are now in the people store; newer than the entry, and replaced again later."""
        found = [(no, decode_row(raw)) for no, raw in self._people.rows(workspace, numbers)]
        return self._columns_of(workspace, found)

    def _columns_of(self, workspace: int, rows: Sequence[tuple[int, Row]]) -> ContactRows:
        if not rows:
            return ContactRows()
        return to_columns(rows, self._fields.by_number(workspace))


class _Batch:
    """Several records applied together."""

    def __init__(self, people: People, counters: Counters) -> None:
        self._people = people
        self._counters = counters
        self.session = Session(people, counters)
        self.changes = Changes()
        self.known = Known(people)
        self._keys: dict[bytes, int] = {}
        self._stored_runs: dict[bytes, int | None] = {}
        self._ended_at: dict[tuple[int, int], tuple[int, int, bool]] = {}

    def apply(self, seq: int, record: Record) -> ApplyResult:
        before_this = self.known.find(record)
        if before_this is not None:
            return before_this
        result = ApplyResult(seq)
        before = len(self.session.removed)
        match record:
            case ContactsRecord():
                self.session.look_up(record.workspace, (one.identifiers for one in record.writes))
                for place, write in enumerate(record.writes):
                    self._contact(record, place, write, result)
            case ErasureRecord():
                self._erase(record, result)
            case ListClearedRecord():
                self._empty_list(record, record.list, set(), result)
            case ListReplacedRecord():
                self._replace_list(record, result)
            case EventsRecord():
                self._look_up_owners(record)
                self._look_up_keys(record)
                for place, event in enumerate(record.events):
                    self._event(record, place, event, result)
        if len(self.session.removed) > before:
            erased = isinstance(record, ErasureRecord)
            for place_gone in self.session.removed:
                self._ended_at.setdefault(place_gone, (seq, record.at, erased))
        self.known.remember(record, result)
        return result

    def _erase(self, record: ErasureRecord, result: ApplyResult) -> None:
        part = self.changes.part(record.workspace)
        for place, contact_id in enumerate(record.ids):
            no = self.session.number_of_id(record.workspace, contact_id)
            if no is None or self.session.row(record.workspace, no) is None:
                result.unknown.append(place)
                continue
            self.session.remove(record.workspace, no)
            part.contacts.discard(no)
            part.removed.add(no)
            part.erased.add(no)
            part.events = [event for event in part.events if event.contact != no]
            result.deleted += 1

    def _replace_list(self, record: ListReplacedRecord, result: ApplyResult) -> None:
        self.session.look_up(record.workspace, (one.identifiers for one in record.writes))
        stay = {
            self._contact(record, place, write, result) for place, write in enumerate(record.writes)
        }
        self._empty_list(record, record.list_no, stay, result)

    def _empty_list(
        self,
        record: ListClearedRecord | ListReplacedRecord,
        list_no: int,
        stay: set[int],
        result: ApplyResult,
    ) -> None:
        """Take everybody out of a list but these."""
        part = self.changes.part(record.workspace)
        for no in self.session.members_of(record.workspace, list_no):
            row = self.session.row(record.workspace, no)
            if row is not None and list_no in row.lists and no not in stay:
                rest = [one for one in row.lists if one != list_no]
                self.session.set_lists(record.workspace, no, rest)
                row.updated_at = record.at
                part.contacts.add(no)
                result.updated += 1
        self.changes.columns[record.workspace] |= {"lists", "updated_at"}

    def flush_event_keys(self) -> None:
        self._people.put_event_keys(self._keys.items())

    def flush_ended(self, remember_us: int | None) -> None:
        """Remember who is gone, and forget who has been for long."""
        if not self._ended_at:
            return
        removed = self.session.removed
        self._people.put_ended(
            (*place, removed[place], seq, at, erased)
            for place, (seq, at, erased) in self._ended_at.items()
        )
        if remember_us is not None:
            newest = max(at for _, at, _ in self._ended_at.values())
            self._people.drop_ended(newest - remember_us)

    def _contact(
        self,
        record: ContactsRecord | ListReplacedRecord,
        place: int,
        write: Write,
        result: ApplyResult,
    ) -> int:
        """Make one change; returns the contact's number."""
        outcome, no = self._write(
            record.workspace, write, record.at, partial(derived_id, record.seed, place)
        )
        match outcome:
            case "created":
                result.created += 1
            case "updated":
                result.updated += 1
            case "unchanged":
                result.unchanged += 1
            case _:
                result.unknown.append(place)
        return no

    def _write(self, workspace: int, write: Write, at: int, new_id: NewId) -> tuple[str, int]:
        applied = apply_write(self.session, workspace, write, at, new_id)
        part = self.changes.part(workspace)
        if applied.outcome == "created":
            self.changes.created[workspace].add(applied.no)
        if applied.outcome in ("created", "updated"):
            part.contacts.add(applied.no)
            self.changes.columns[workspace] |= applied.columns
        for gone in applied.met:
            self._ended(workspace, gone, applied.no)
        return applied.outcome, applied.no

    def _ended(self, workspace: int, gone: int, kept: int) -> None:
        """A contact met another: its row goes, its events go over."""
        part = self.changes.part(workspace)
        part.contacts.discard(gone)
        part.removed.add(gone)
        part.moved.append((gone, kept))
        for event in part.events:  # those of this very batch are not in the columns yet
            if event.contact == gone:
                event.contact = kept

    def _event(
        self, record: EventsRecord, place: int, event: EventWrite, result: ApplyResult
    ) -> None:
        key = self._new_key(event.key, event.event_id is None, record.run)
        if event.key is not None and key is None:
            result.unchanged += 1
            return
        no = self._only_owner(record.workspace, event)
        if no is None:
            write = Write(event.id, event.identifiers, {}, [], event.create, aliases=event.aliases)
            outcome, no = self._write(
                record.workspace, write, record.at, partial(derived_id, record.seed, place)
            )
            if outcome == "unknown":
                result.unknown.append(place)
                return
        if key is not None:
            self._keys[key] = record.run
        self.changes.part(record.workspace).events.append(
            EventRow(
                self._counters.add(_EVENTS_COUNTER), no, event.name, event.source, event.at,
                event.event_id, event.properties,
            )
        )  # fmt: skip
        result.created += 1

    def _look_up_owners(self, record: EventsRecord) -> None:
        """Read at once whose these events are; rows only where they may be wanted."""
        others = (one.identifiers for one in record.events if not _is_plain(one))
        self.session.look_up(record.workspace, others)
        plain = (one.identifiers for one in record.events if _is_plain(one))
        self.session.look_up(record.workspace, plain, rows=False)

    def _only_owner(self, workspace: int, event: EventWrite) -> int | None:
        """Whose an event with a single identifier is, when one contact alone has it.

        Such an event changes nothing of the contact, so its row need not be read. Most are so.
        """
        if not _is_plain(event):
            return None
        ((kind, value),) = event.identifiers.items()
        owners = self.session.owners(workspace, kind, value) if value is not None else []
        return owners[0] if len(owners) == 1 else None

    def _new_key(self, key: bytes | None, is_row: bool, run: int) -> bytes | None:  # noqa: FBT001
        """The key to remember an event by; None when it is already there.

        Rows without an event_id that are alike in everything are told apart by counting, within
        one import; a row that an earlier import brought is that same row again.
        """
        if key is None:
            return None
        if not is_row:
            return None if self._run_of(key) is not None else key
        ordinal = 0
        while True:
            numbered = numbered_key(key, ordinal)
            seen_by = self._run_of(numbered)
            if seen_by is None:
                return numbered
            if seen_by != run:
                self._keys[numbered] = run
                return None
            ordinal += 1

    def _look_up_keys(self, record: EventsRecord) -> None:
        """Read at once which of these events are there; later ones of alike rows as needed."""
        keys = [
            one.key if one.event_id is not None else numbered_key(one.key, 0)
            for one in record.events
            if one.key is not None
        ]
        found = self._people.event_runs(keys)
        self._stored_runs.update({key: found.get(key) for key in keys})

    def _run_of(self, key: bytes) -> int | None:
        if key in self._keys:
            return self._keys[key]
        if key not in self._stored_runs:
            self._stored_runs[key] = self._people.event_run(key)
        return self._stored_runs[key]


def _is_plain(event: EventWrite) -> bool:
    """Whether an event names its contact by a single identifier."""
    return event.id is None and not event.aliases and len(event.identifiers) == 1
