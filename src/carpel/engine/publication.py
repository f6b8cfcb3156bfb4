"""What the engine publishes: a segment's membership at an instant, and what brought it about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyroaring import FrozenBitMap

Cause = Literal["contact", "event", "time", "definition"]


@dataclass(frozen=True)
class Published:
    """A segment's members at an instant, under one version of its rules.

    `until` is the first instant at which time alone may change it; `applied` the log record up to
    which data is in it.
    """

    members: FrozenBitMap
    version: int
    at: int
    until: int
    applied: int
    exact: bool  # whether all that was acknowledged before `at` is in it

    @property
    def count(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class Publication:
    """A segment has been computed.

    `previous` is what was published before, None for the first time since the process began.
    `cause` is why it was computed; for the first time it is what data would be the cause, if data
    was.
    """

    segment: int
    workspace: int
    previous: Published | None
    published: Published
    cause: Cause
