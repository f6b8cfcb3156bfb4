"""Filters of events, each leaf answered once for each different value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from carpel.engine import plan as p

from .answers import Answer, seen_in, sources_of
from .coding import Encoded, combined
from .streams import Row
from .thresholds import Bools

_MOST_REMEMBERED = 65_536


def truth_of(where: Row, events: int, coded: Callable[[p.Seen], Encoded]) -> Bools:
    """For each of so many events whether it fits; `coded` gives what is seen of them."""
    if isinstance(where, p.Everyone | p.NoOne):
        return np.full(events, isinstance(where, p.Everyone))
    if isinstance(where, p.All | p.AnyOf):
        together = np.logical_and if isinstance(where, p.All) else np.logical_or
        parts = [truth_of(part, events, coded) for part in where.parts]
        return np.asarray(together.reduce(parts), np.bool_)
    leaf = _remembered(where)
    columns = [coded(one) for one in leaf.seen]
    if len(columns) == 1:
        codes, rows = columns[0].codes, [(value,) for value in columns[0].values]
    else:
        found = combined(columns)
        codes, rows = found.codes, found.values
    return np.asarray(leaf.answers(rows)[codes])


class _Remembered:
    """A leaf; its answers are remembered, as most values come again and again."""

    def __init__(self, leaf: p.RowLeaf) -> None:
        sources = sources_of(leaf)
        self.seen = [seen_in(one) for one in sources]
        self._answer = Answer(leaf, sources)
        self._known: dict[Any, bool] = {}

    def answers(self, rows: Sequence[tuple[Any, ...]]) -> Bools:
        known = self._known
        new = [row for row in rows if row not in known]
        if len(known) + len(new) > _MOST_REMEMBERED:
            known = self._known = {}  # another thread may be reading the old ones
            new = list(rows)
        known.update(zip(new, self._answer.many(new), strict=True))
        return np.asarray([known[row] for row in rows], np.bool_)


@lru_cache(4096)
def _remembered(leaf: p.RowLeaf) -> _Remembered:
    return _Remembered(leaf)
