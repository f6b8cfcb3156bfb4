"""Which of those who moved together were moved by what they are, and which by what they did.

The engine gives one cause for all that a batch of the log moves in a segment. Where a batch has both
contacts and events, who was only in one of the two is told apart.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pyroaring import BitMap, FrozenBitMap

from carpel.engine.publication import Cause

# So many batches are remembered; publications follow their batch closely.
_MOST_KEPT = 64

Part = tuple[Cause, FrozenBitMap, FrozenBitMap]  # a cause, who entered by it and who left


@dataclass(frozen=True)
class Mixed:
    """The contacts that a batch changed, and those that its events are of."""

    contacts: BitMap
    events: BitMap

    def parts(self, cause: Cause, entered: FrozenBitMap, left: FrozenBitMap) -> Iterator[Part]:
        """Those who moved, by cause; who was changed and did something has the one given."""
        given = self._only_contacts if cause == "event" else self._only_events
        other: Cause = "contact" if cause == "event" else "event"
        if not entered.intersect(given) and not left.intersect(given):
            yield cause, entered, left
            return
        yield cause, FrozenBitMap(entered - given), FrozenBitMap(left - given)
        yield other, FrozenBitMap(entered & given), FrozenBitMap(left & given)

    # A batch moves people in hundreds of segments; what it had is told apart once for all of them.

    @cached_property
    def _only_contacts(self) -> FrozenBitMap:
        return FrozenBitMap(self.contacts - self.events)

    @cached_property
    def _only_events(self) -> FrozenBitMap:
        return FrozenBitMap(self.events - self.contacts)


class Batches:
    """The newest batches that had both. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, int], Mixed] = OrderedDict()

    def note(self, workspace: int, seq: int, mixed: Mixed) -> None:
        """A batch up to this log record is about to be published."""
        with self._lock:
            self._kept[workspace, seq] = mixed
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)

    def find(self, workspace: int, seq: int) -> Mixed | None:
        with self._lock:
            return self._kept.get((workspace, seq))
