"""Records applied together: what they ask for is read at once, and what they change written at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from carpel.domain.contacts.apply import NewId, apply_write
from carpel.domain.contacts.counters import Counters
from carpel.domain.contacts.model import Write
from carpel.domain.contacts.session import PackedRow, Session
from carpel.domain.events.model import EventRow, EventWrite
from carpel.domain.events.service import numbered_key
from carpel.kit.ids import derived_id
from carpel.kit.turns import INTERPRETER
from carpel.storage.people import People

from .ahead import Asked, Due, Lately, asked_by, by_kind, is_plain
from .changes import Changes
from .known import Known
from .records import (
    ContactsRecord,
    ErasureRecord,
    EventsRecord,
    ListClearedRecord,
    ListReplacedRecord,
    Record,
)
from .results import ApplyResult

_EVENTS_COUNTER = "events"


class Batch:
    """Several records applied together to the people store."""

    def __init__(self, people: People, counters: Counters) -> None:
        self._people = people
        self._counters = counters
        self.session = Session(people, counters)
        self.changes = Changes()
        self.known = Known(people)
        self._keys: dict[bytes, int] = {}
        self._stored_runs: dict[bytes, int | None] = {}
        self._ended_at: dict[tuple[int, int], tuple[int, int, bool]] = {}

    def look_up(self, due: Sequence[Due], lately: Lately) -> None:
        """Take over what was looked up ahead, and read at once what else all of these ask for.

        Not for each record: a busy interpreter is waited for after each statement.
        """
        asked: defaultdict[int, Asked] = defaultdict(lambda: Asked([], []))
        keys: list[bytes] = []
        for one in due:
            workspace, mine = one.record.workspace, asked_by(one.record)
            asked[workspace].rows.extend(mine.rows)
            asked[workspace].numbers.extend(mine.numbers)
            if isinstance(one.record, EventsRecord):
                keys += _first_keys(one.record)
            if one.ahead is not None:
                self.session.adopt(workspace, *lately.still(workspace, one.ahead))
        for workspace, whole in asked.items():
            self.session.look_up(workspace, by_kind(whole.rows))
            self.session.look_up(workspace, by_kind(whole.numbers), rows=False)
        found = self._people.event_runs(keys)
        self._stored_runs = {key: found.get(key) for key in keys}

    def apply(self, seq: int, record: Record) -> ApplyResult:
        before_this = self.known.find(record)
        if before_this is not None:
            return before_this
        result = ApplyResult(seq)
        before = len(self.session.removed)
        match record:
            case ContactsRecord():
                for place, write in enumerate(record.writes):
                    INTERPRETER.give_way()
                    self._contact(record, place, write, result)
            case ErasureRecord():
                self._erase(record, result)
            case ListClearedRecord():
                self._empty_list(record, record.list, set(), result)
            case ListReplacedRecord():
                self._replace_list(record, result)
            case EventsRecord():
                for place, event in enumerate(record.events):
                    INTERPRETER.give_way()
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
                for column in ("lists", "updated_at"):
                    self.changes.columns[record.workspace][column].append(no)
                result.updated += 1

    def flush(self, rows: Sequence[PackedRow], remember_us: int | None) -> None:
        """Write everything but the counters; rows as the session has packed them."""
        self.session.flush(rows)
        self._people.put_event_keys(self._keys.items())
        self._flush_ended(remember_us)
        self.known.flush()

    def _flush_ended(self, remember_us: int | None) -> None:
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
            changed = self.changes.columns[workspace]
            for column in applied.columns:
                changed[column].append(applied.no)
        if applied.met:
            self.changes.whole[workspace].add(applied.no)
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

    def _only_owner(self, workspace: int, event: EventWrite) -> int | None:
        """Whose an event with a single identifier is, when one contact alone has it; most are so."""
        if not is_plain(event):
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

    def _run_of(self, key: bytes) -> int | None:
        if key in self._keys:
            return self._keys[key]
        if key not in self._stored_runs:
            self._stored_runs[key] = self._people.event_run(key)
        return self._stored_runs[key]


def _first_keys(record: EventsRecord) -> list[bytes]:
    """By which events are looked for; of rows that are alike more as they are needed."""
    return [
        one.key if one.event_id is not None else numbered_key(one.key, 0)
        for one in record.events
        if one.key is not None
    ]
