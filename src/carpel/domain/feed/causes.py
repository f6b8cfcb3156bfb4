"""Which of those who moved together were moved by what they are, and which by what they did.

The engine gives one cause for all that a batch of the log moves in a segment. Where a batch has both
contacts and events, who was only in one of the two is told apart.
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

# So many batches are remembered; publications follow their batch closely.
_MOST_KEPT = 64

Part = tuple[Cause, Movers, Movers]  # a cause, who entered by it and who left
Kinds = npt.NDArray[np.uint8]

_OTHER: dict[Cause, Cause] = {"contact": "event", "event": "contact"}
_NOBODY: Numbers = np.empty(0, np.uint32)
_KIND: dict[Cause, int] = {"contact": 1, "event": 2}  # who was in this alone; 0: in both


@dataclass(frozen=True, eq=False)
class Mixed:
    """The contacts that a batch changed, and those that its events are of."""

    contacts: Collection[int]
    events: Collection[int]

    def parts(self, published: Sequence[Part]) -> Iterator[list[Part]]:
        """Publications of this batch by cause; who was changed and did something has the one given.

        A batch moves people in hundreds of segments, a few in each: they are looked up together.
        """
        arrays = (one for _, *both in published for one in both if isinstance(one, np.ndarray))
        kinds = self._kinds_of(list(arrays))
        for cause, entered, left in published:
            other = _OTHER.get(cause)
            (came, also_came), (went, also_went) = (
                self._split(one, next(kinds) if isinstance(one, np.ndarray) else None, other)
                for one in (entered, left)
            )
            found: list[Part] = [(cause, came, went)]
            if other is not None and (len(also_came) or len(also_went)):
                found.append((other, also_came, also_went))
            yield found

    def _split(
        self, some: Movers, kinds: tuple[Kinds, list[int]] | None, other: Cause | None
    ) -> tuple[Movers, Movers]:
        """Those that have the cause given, and those that have the other."""
        if other is None or not len(some):
            return some, _NOBODY
        if isinstance(some, np.ndarray):
            assert kinds is not None  # noqa: S101
            of_each, counts = kinds
            if not counts[_KIND[other]]:
                return some, _NOBODY
            others = of_each == _KIND[other]
            return some[~others], some[others]
        only = self._only[other]
        return (some - only, some & only) if some.intersect(only) else (some, _NOBODY)

    def _kinds_of(self, arrays: Sequence[Numbers]) -> Iterator[tuple[Kinds, list[int]]]:
        """Of each array the kinds of its contacts, and how many are of each kind."""
        numbers, kinds = self._known
        if not arrays or not len(numbers):
            nothing = np.zeros(max(map(len, arrays), default=0), np.uint8)
            yield from ((nothing[: len(one)], [len(one), 0, 0]) for one in arrays)
            return
        asked = np.concatenate(arrays)
        places = numbers.searchsorted(asked)
        places[places == len(numbers)] = 0
        found = np.where(numbers[places] == asked, kinds[places], np.uint8(0))
        ends = np.cumsum([0, *map(len, arrays)])
        before = [np.append(0, np.cumsum(found == kind))[ends] for kind in (0, 1, 2)]
        counts = np.diff(before).T.tolist()
        edges = ends.tolist()
        for first, end, each in zip(edges, edges[1:], counts, strict=False):
            yield found[first:end], each

    @cached_property
    def _known(self) -> tuple[Numbers, Kinds]:
        """Who was only changed or only did something, ascending, and of which kind each is."""
        both = [np.array(self._only[cause].to_array(), np.uint32) for cause in _KIND]
        numbers = np.concatenate(both)
        order = numbers.argsort()
        kinds = np.repeat(np.array(list(_KIND.values()), np.uint8), [len(one) for one in both])
        return numbers[order], kinds[order]

    @cached_property
    def _only(self) -> dict[Cause, FrozenBitMap]:
        changed, did = BitMap(self.contacts), BitMap(self.events)
        return {"contact": FrozenBitMap(changed - did), "event": FrozenBitMap(did - changed)}


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
