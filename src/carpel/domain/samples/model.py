"""What a sample is."""

from __future__ import annotations

from dataclasses import dataclass

from carpel.domain.refusals import Conflict


class TooOften(Conflict):
    """A segment has been refreshed by hand as often as it may be."""


@dataclass(frozen=True)
class Sample:
    """A segment at one moment. Times and `gap` are microseconds; `numbers` are contacts'."""

    segment: int
    taken_at: int
    size: int
    members: bytes  # a hash of all of them
    numbers: tuple[int, ...]
    gap: int
    next_at: int


@dataclass(frozen=True)
class Refreshes:
    """How often a segment was refreshed by hand since midnight, and when last."""

    used: int
    last_at: int
