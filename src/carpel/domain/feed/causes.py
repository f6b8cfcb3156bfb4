"""Which of those who moved together were moved by what they are, and which by what they did.

The engine gives one cause for all that a batch of the log moves in a segment. Where a batch has both
contacts and events, who was only changed is told apart from who did something.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap, FrozenBitMap

from carpel.engine.publication import Cause, Movers, Numbers

from .movers import numbers_of

# So many batches are remembered; publications follow their batch closely.
_MOST_KEPT = 64

Part = tuple[Cause, Movers, Movers]  # a cause, who entered by it and who left
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Mixed:
    """The contacts that a batch changed, and those that its events are of."""

    contacts: Collection[int]
    events: Collection[int]

    def parts(self, published: Sequence[Part]) -> Iterator[list[Part]]:
        """Publications of this batch by cause; who was changed and did something did something.

        The engine says "contact" only where none of the events can have moved anybody. A batch
        moves people in hundreds of segments, a few in each: they are looked up together.
        """
        asked = [one for cause, *both in published if cause == "event" for one in both]
        changed = self._only_changed([one for one in asked if isinstance(one, np.ndarray)])
        for cause, entered, left in published:
            if cause != "event":
                yield [(cause, entered, left)]
                continue
            (did_enter, came), (did_leave, went) = (
                self._split(one, next(changed) if isinstance(one, np.ndarray) else None)
                for one in (entered, left)
            )
            found: list[Part] = [("event", did_enter, did_leave)]
            if len(came) or len(went):
                found.append(("contact", came, went))
            yield found

    def _split(self, some: Movers, changed: Truths | None) -> tuple[Movers, Movers]:
        """Those who did something, and those who were only changed."""
        if not isinstance(some, np.ndarray):
            return some - self._changed, some & self._changed
        assert changed is not None, "arrays are looked up"  # noqa: S101
        return (some[~changed], some[changed]) if changed.any() else (some, some[:0])

    def _only_changed(self, arrays: Sequence[Numbers]) -> Iterator[Truths]:
        """Of each array who was only changed."""
        if not arrays:
            return
        asked, known = np.concatenate(arrays), self._changed_numbers
        found = np.zeros(len(asked), np.bool_)
        if len(known):
            found = known.take(known.searchsorted(asked), mode="clip") == asked
        ends = np.cumsum([len(one) for one in arrays])
        yield from np.split(found, ends[:-1])

    @cached_property
    def _changed(self) -> FrozenBitMap:
        """Those who were only changed."""
        return FrozenBitMap(BitMap(self.contacts) - BitMap(self.events))

    @cached_property
    def _changed_numbers(self) -> Numbers:
        return numbers_of(self._changed)


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
