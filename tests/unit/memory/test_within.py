"""Which dates lie in some spans, beside a look at each date."""

from __future__ import annotations

import numpy as np
import pytest

from carpel.engine.memory.thresholds import MISSING
from carpel.engine.memory.within import NEVER, Span, within

DAY = 86_400_000_000
LAST = 2**63 - 1


@pytest.mark.parametrize("count", [0, 1, 70_000])
@pytest.mark.parametrize(
    "spans",
    [
        [],
        [NEVER],
        [(0, DAY)],
        [(0, DAY), NEVER, (5 * DAY, 5 * DAY), (90 * DAY, 93 * DAY)],
        [(0, DAY), (DAY // 2, 2 * DAY)],  # both have some of the same
        [(MISSING + 1, MISSING + DAY), (0, 9 * DAY)],  # further apart than 64 bits tell
        [(-(2**62), -(2**62) + DAY), (LAST - 2**62, LAST)],
        [(3, 3), (5, 6)],
    ],
)
def test_the_dates_in_each_span_are_found(count: int, spans: list[Span]) -> None:
    chance = np.random.default_rng(count)
    dates = chance.integers(-10 * DAY, 100 * DAY, count)
    edges = [edge + by for span in spans for edge in span for by in (-1, 0, 1)]
    known = [edge for edge in edges if MISSING <= edge <= LAST]
    dates = np.concatenate((dates, np.asarray([*known, MISSING, LAST], np.int64)))
    for (first, last), found in zip(spans, within(dates, spans), strict=True):
        each = enumerate(dates.tolist())
        assert found.tolist() == [place for place, date in each if first <= date <= last]
