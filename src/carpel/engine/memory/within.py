"""Which of many dates lie in some spans of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .bits import Places
from .thresholds import LEAST, MOST

Span: TypeAlias = tuple[int, int]  # the first and the last instant, both included

NEVER: Span = (LEAST + 1, LEAST)
_PIECE = 32_768  # dates, no more than the cache of a core holds
_PARTS = 12  # bits


def within(dates: NDArray[np.int64], spans: Sequence[Span]) -> list[Places]:
    """For each span the places of the dates in it."""
    asked = [one for one in spans if one[0] <= one[1]]
    if not asked:
        return [np.empty(0, np.int64) for _ in spans]
    start, beyond = min(first for first, _ in asked), max(last for _, last in asked)
    near = _near(dates, asked) if len(asked) > 1 and beyond - start <= MOST else None
    some = dates if near is None else dates[near]
    found = [np.flatnonzero((some >= first) & (some <= last)) for first, last in spans]
    return found if near is None else [near[one] for one in found]


def _near(dates: NDArray[np.int64], spans: Sequence[Span]) -> Places:
    """Where a date is that may be in a span: time cut into parts, and those with a bit of a span.

    Every date is looked at once, not once for each span.
    """
    start, beyond = min(first for first, _ in spans), max(last for _, last in spans)
    shift = max(0, (beyond - start).bit_length() - _PARTS)
    parts = ((beyond - start) >> shift) + 1
    wanted = np.zeros(parts + 1, np.bool_)  # at the end what is before or after all of them
    for first, last in spans:
        wanted[(first - start) >> shift : ((last - start) >> shift) + 1] = True
    found = []
    for at in range(0, len(dates), _PIECE):
        part = (dates[at : at + _PIECE] - start) >> shift
        np.minimum(part.view(np.uint64), np.uint64(parts), out=part.view(np.uint64))
        found.append(np.flatnonzero(wanted.take(part)) + at)
    return np.concatenate(found) if found else np.empty(0, np.int64)
