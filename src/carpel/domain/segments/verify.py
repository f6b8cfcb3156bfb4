"""A segment's membership as kept, against the recompute from scratch, contact by contact."""

from __future__ import annotations

from dataclasses import dataclass

from carpel.engine.live import Engine

from .model import Segment
from .service import Segments

MOST_SHOWN = 1000


@dataclass(frozen=True)
class Difference:
    """A contact that is in on one side only."""

    number: int
    kept: bool
    recomputed: bool


@dataclass(frozen=True)
class Verified:
    """Both counts, how many contacts differ, and the first of them."""

    count: int
    recomputed: int
    total: int
    differences: list[Difference]


def verify_segment(segments: Segments, engine: Engine, segment: Segment) -> Verified:
    """Compare; data may come in meanwhile."""
    if segment.problem is not None:
        return Verified(0, 0, 0, [])
    segments.settle([segment])
    kept, recomputed = engine.audit(segment.no)
    differing = sorted(kept ^ recomputed)
    return Verified(
        len(kept),
        len(recomputed),
        len(differing),
        [Difference(one, one in kept, one in recomputed) for one in differing[:MOST_SHOWN]],
    )
