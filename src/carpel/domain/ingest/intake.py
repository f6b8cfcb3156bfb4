"""How much is taken in: counted since the process began, and as a rate over the last minute."""

from __future__ import annotations

import threading
from collections import Counter, deque

from carpel.kit.clock import MINUTE, SECOND

from .records import ContactsRecord, ErasureRecord, EventsRecord, ListReplacedRecord, Record

Place = tuple[int, str]  # workspace and kind: contacts, events or erasures

_WINDOW = MINUTE


class Intake:
    """Counts what became durable. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: Counter[Place] = Counter()
        self._recent: deque[tuple[int, Counter[Place]]] = deque()  # second, and what came in it

    def take(self, record: Record) -> None:
        """A record is durable."""
        kind, many = _size(record)
        if not many:
            return
        second = record.at // SECOND
        with self._lock:
            self._totals[record.workspace, kind] += many
            if not self._recent or self._recent[-1][0] < second:
                self._recent.append((second, Counter()))
            self._recent[-1][1][record.workspace, kind] += many
            self._forget(record.at)

    def totals(self) -> dict[Place, int]:
        """How many contacts, events and erasures came, by workspace."""
        with self._lock:
            return dict(self._totals)

    def rates(self, now: int) -> dict[Place, float]:
        """How many a second over the last minute, of everything that ever came."""
        with self._lock:
            self._forget(now)
            recent: Counter[Place] = Counter()
            for _, counts in self._recent:
                recent.update(counts)
            return {place: recent[place] * SECOND / _WINDOW for place in self._totals}

    def _forget(self, now: int) -> None:
        while self._recent and self._recent[0][0] <= (now - _WINDOW) // SECOND:
            self._recent.popleft()


def _size(record: Record) -> tuple[str, int]:
    match record:
        case ContactsRecord() | ListReplacedRecord():
            return "contacts", len(record.writes)
        case EventsRecord():
            return "events", len(record.events)
        case ErasureRecord():
            return "erasures", len(record.ids)
        case _:
            return "lists", 0
