"""What a large record will ask of the people store, looked up before it is logged.

Applying is one thread that all wait for, and looking up was half of its work; a process beside the
server that reads a body can do it as well (kit/processes.py). What was looked up holds for whatever no
batch has changed since, which the applying thread knows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import msgspec

from carpel.domain.contacts.model import Row, Write
from carpel.domain.contacts.session import Touched
from carpel.domain.events.model import EventWrite
from carpel.storage.people import PeopleView

from .records import ContactsRecord, EventsRecord, ListReplacedRecord, Record

Identifiers: TypeAlias = Mapping[int, str | None]

# So many changes are remembered: those of seconds.
_REMEMBERED = 50_000


@dataclass
class Asked:
    """Who is meant in a record: where the row may be wanted, and where only the number is."""

    rows: list[Identifiers]
    numbers: list[Identifiers]


Owners: TypeAlias = dict[int, dict[str, list[int]]]  # numbers by kind and value


class Ahead(msgspec.Struct, array_like=True):
    """Owners of identifiers, and rows, when the store had a record and all before."""

    applied: int
    owners: Owners
    rows: dict[int, Row]


class Scouted(msgspec.Struct, array_like=True):
    """The same with rows as they are stored."""

    applied: int
    owners: Owners
    rows: dict[int, msgspec.Raw]


class Due(NamedTuple):
    """A record that is to be applied, with its number."""

    seq: int
    record: Record
    ahead: Ahead | None = None


class Scout:
    """Looks up for records that are about to be logged."""

    def __init__(self, people: PeopleView) -> None:
        self._people = people

    def look(
        self, workspace: int, writes: Sequence[Write], events: Sequence[EventWrite]
    ) -> Scouted:
        """What applying these will ask."""
        asked = _asked_by(writes, events)
        with self._people.snapshot():
            found = Scouted(self._people.applied, {}, {})
            wanted = self._owners(workspace, asked.rows, found)
            rows = self._people.rows(workspace, wanted)
            self._owners(workspace, asked.numbers, found)
        found.rows = {no: msgspec.Raw(raw) for no, raw in rows}
        return found

    def _owners(self, workspace: int, asked: Collection[Identifiers], found: Scouted) -> set[int]:
        """Look up those that have not been; returns all numbers."""
        numbers: set[int] = set()
        for kind, values in by_kind(asked).items():
            known = found.owners.setdefault(kind, {})
            known.update(self._people.owners_of(workspace, kind, values.difference(known)))
            numbers.update(*(known[value] for value in values))
        return numbers


class Lately:
    """What the last batches changed, so that it is known what still holds. For the applying thread."""

    def __init__(self, applied: int, remembered: int = _REMEMBERED) -> None:
        """Args: applied: the last record that is in the store."""
        self._complete_after = applied
        self._remembered = remembered
        self._changed: dict[Touched, int] = {}  # by which record, the last time
        self._batches: deque[tuple[int, Collection[Touched]]] = deque()

    def note(self, seq: int, touched: Collection[Touched]) -> None:
        """A batch up to a record is in the store, and changed these."""
        self._changed.update(dict.fromkeys(touched, seq))
        self._batches.append((seq, touched))
        while len(self._changed) > self._remembered:
            oldest, gone = self._batches.popleft()
            for one in gone:
                if self._changed.get(one) == oldest:
                    del self._changed[one]
            self._complete_after = oldest

    def still(self, workspace: int, ahead: Ahead) -> tuple[Owners, dict[int, Row]]:
        """The owners and rows in it that nobody has changed since."""
        then = ahead.applied
        if then < self._complete_after:
            return {}, {}
        changed = self._changed
        owners = {
            kind: {
                value: numbers for value, numbers in found.items()
                if changed.get((workspace, kind, value), 0) <= then
            } for kind, found in ahead.owners.items()
        }  # fmt: skip
        rows = {
            no: row for no, row in ahead.rows.items() if changed.get((workspace, no), 0) <= then
        }
        return owners, rows


def asked_by(record: Record) -> Asked:
    """Who is meant in a record."""
    match record:
        case ContactsRecord() | ListReplacedRecord():
            return _asked_by(record.writes, [])
        case EventsRecord():
            return _asked_by([], record.events)
        case _:
            return Asked([], [])


def _asked_by(writes: Sequence[Write], events: Sequence[EventWrite]) -> Asked:
    asked = Asked([one.identifiers for one in writes], [])
    for one in events:
        (asked.numbers if is_plain(one) else asked.rows).append(one.identifiers)
    return asked


def by_kind(asked: Collection[Identifiers]) -> dict[int, set[str]]:
    """The identifiers' values, each once."""
    wanted: dict[int, set[str]] = {}
    for one in asked:
        for kind, value in one.items():
            if value is not None:
                wanted.setdefault(kind, set()).add(value)
    return wanted


def is_plain(event: EventWrite) -> bool:
    """Whether an event names its contact by a single identifier.

    Such an event changes nothing of the contact when one alone has it, so its row need not be read.
    """
    return event.id is None and not event.aliases and len(event.identifiers) == 1
