"""What the engine remembers of each segment, and what it is told of changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from .plan import Plan
from .publication import Cause, Published, Standing
from .reads import Reads


@dataclass(frozen=True)
class Touched:
    """What a batch of the log changed in one workspace."""

    workspace: int
    population: bool = False  # contacts came or went
    columns: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()  # of events that came
    events: bool = False  # events moved or went, of whatever type


@dataclass(frozen=True)
class Count:
    """How many, as of when, whether that is exact as of then, and under which rules."""

    value: int
    at: int
    exact: bool
    definition_version: int


class Backlog(Protocol):
    """What is acknowledged and not here yet."""

    def untold_since(self) -> int | None:
        """When the first record came that the engine has not been told of; None without any."""

    def unstored_since(self) -> int | None:
        """When the first record came that is not in the columns yet; None without any."""

    def catch_up(self) -> bool:
        """Wait until the columns have all that is acknowledged by now; False when it takes too long."""


@dataclass
class Tracked:
    """A segment as the engine follows it."""

    workspace: int
    version: int
    plan: Plan
    reads: Reads
    needs: int = 0  # the last log record that may have changed it
    stale: bool = True
    published: Standing | Published | None = None  # with members once somebody asked for them
    recalled: Standing | None = None  # as of an earlier process, until there is anything newer
    since: int = 0  # when these rules were taken up
    failure: str | None = None
    touched_by: Cause = "contact"  # the last data that may have changed it
    in_memory: bool = False  # whether the engine in memory knows its rules
    is_built: bool = False  # whether it has been worked out there


@dataclass(frozen=True)
class State:
    """The live engine of one workspace, as operators look at it."""

    live: int  # segments in memory
    recounted: int  # segments computed from the columns
    building: int  # segments being taken up, or waiting for that; live ones may be among them
    fraction: float  # of the build that is under way; 0 for none
    building_since: int | None
    timed: int  # segments that time alone can change
    nbytes: int  # of the arrays in memory, and of those of a build
    ahead: int  # dates kept that moving points are about to pass
    next_due: int  # LATEST for never
    waiting: int  # batches


@dataclass
class Work:
    """One segment to compute, as it was when it was taken up."""

    number: int
    version: int
    segment: Tracked = field(repr=False)


def cause_of(change: Touched, seen: Reads) -> Cause | None:
    """How a change can move anyone in or out; None when it cannot."""
    if seen.events and (
        change.events
        or (change.types and (seen.types is None or not change.types.isdisjoint(seen.types)))
    ):
        return "event"
    if change.population or not change.columns.isdisjoint(seen.columns):
        return "contact"
    return None


def why(
    segment: Tracked, previous: Standing | Published | None, published: Standing | Published
) -> Cause:
    """What may have moved people between two publications."""
    if previous is None:
        return "event" if segment.reads.events else "contact"
    if previous.version != published.version:
        return "definition"
    return segment.touched_by if previous.applied < segment.needs else "time"
