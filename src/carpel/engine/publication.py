"""What the engine publishes: a segment's membership at an instant, and what brought it about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyroaring import FrozenBitMap

Cause = Literal["contact", "event", "time", "definition"]
Numbers: TypeAlias = NDArray[np.uint32]
# A few contacts as ascending numbers, many as a bitmap.
Movers: TypeAlias = Numbers | FrozenBitMap


@dataclass(frozen=True)
class Standing:
    """How many are in a segment at an instant, under one version of its rules.

    `until` is the first instant at which time alone may change it; `applied` the log record up to
    which data is in it.
    """

    count: int
    version: int
    at: int
    until: int
    applied: int
    exact: bool  # whether all that was acknowledged before `at` is in it


@dataclass(frozen=True)
class Published:
    """The same with who they are."""

    members: FrozenBitMap
    version: int
    at: int
    until: int
    applied: int
    exact: bool

    @property
    def count(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class Moves:
    """Who entered a segment and who left it."""

    entered: Movers
    left: Movers


@dataclass(frozen=True)
class Publication:
    """A segment has been computed, or changed.

    `previous` is what was published before, None when the engine does not know its members: for
    the first time since the process began. `cause` is why it was computed; for the first time it is
    what data would be the cause, if data was. `moves` says how it differs from before; None: both
    have their members, to be compared.
    """

    segment: int
    workspace: int
    previous: Standing | Published | None
    published: Standing | Published
    cause: Cause
    moves: Moves | None = None
