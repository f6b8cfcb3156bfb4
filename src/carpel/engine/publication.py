"""What the engine publishes: a segment's membership at an instant, and what brought it about.

A batch moves people in hundreds of segments; structs are made in a fraction of a dataclass's time.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray
from pyroaring import FrozenBitMap

Cause = Literal["contact", "event", "time", "definition"]
Numbers: TypeAlias = NDArray[np.uint32]
# A few contacts as ascending numbers, many as a bitmap.
Movers: TypeAlias = Numbers | FrozenBitMap


class Standing(msgspec.Struct, frozen=True, gc=False):
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


class Published(msgspec.Struct, frozen=True, gc=False):
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


class Moves(msgspec.Struct, frozen=True, gc=False):
    """Who entered a segment and who left it."""

    entered: Movers
    left: Movers


class Publication(msgspec.Struct, frozen=True, gc=False):
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
