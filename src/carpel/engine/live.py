"""Everyone's membership as last computed, and what has to be computed again.

Each segment is recomputed when data it reads has changed or when time alone may have changed it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyroaring import BitMap, FrozenBitMap

from carpel.kit.clock import Clock
from carpel.kit.instants import LATEST
from carpel.storage.columns import Columns, Snapshot

from .look import Look
from .plan import Plan
from .printer import Printer
from .publication import Cause, Publication, Published
from .reads import Reads, reads
from .recompute import Membership, count_filled, recompute

_log = logging.getLogger("carpel.engine")

_MOMENT_S = 0.02


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


@dataclass
class _Segment:
    workspace: int
    version: int
    plan: Plan
    reads: Reads
    needs: int = 0  # the last log record that may have changed it
    stale: bool = True
    published: Published | None = None
    failure: str | None = None
    touched_by: Cause = "contact"  # the last data that may have changed it


@dataclass
class _Work:
    """One segment to compute, as it was when it was taken up."""

    number: int
    version: int
    segment: _Segment = field(repr=False)


class Engine:
    """Keeps every defined segment's membership. Thread-safe.

    Without `start()` nothing runs in the background: what is stale is computed when it is asked
    for. With it, a thread recomputes at once what changes, and sleeps until the next due instant.
    """

    def __init__(
        self,
        columns: Columns,
        clock: Clock,
        on_published: Callable[[Publication], None],
        outstanding_since: Callable[[], int | None],
    ) -> None:
        """Begin without segments.

        Args:
            columns: where data is read.
            clock: what time it is.
            on_published: told of each segment right after it is computed.
            outstanding_since: when the first acknowledged record came that is not in the columns
                yet; None when there is none.
        """
        self._columns = columns
        self._clock = clock
        self._on_published = on_published
        self._outstanding_since = outstanding_since
        self._segments: dict[int, _Segment] = {}
        self._changed = threading.Condition()
        self._computing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._touched = columns.applied  # the last log record that touch() has heard of

    # ------------------------------------------------------------- definitions

    def define(self, number: int, workspace: int, version: int, plan: Plan) -> None:
        """Take up a segment, or new rules for it; the old membership serves until it is computed."""
        with self._changed:
            old = self._segments.get(number)
            segment = _Segment(workspace, version, plan, reads(plan))
            segment.published = old.published if old else None
            self._segments[number] = segment
            self._changed.notify_all()

    def drop(self, number: int) -> None:
        """Forget a segment."""
        with self._changed:
            self._segments.pop(number, None)
            self._changed.notify_all()

    def touch(self, seq: int, touched: Iterable[Touched]) -> None:
        """Data changed: mark what reads it."""
        changes = {change.workspace: change for change in touched}
        with self._changed:
            self._touched = max(self._touched, seq)
            for segment in self._segments.values():
                change = changes.get(segment.workspace)
                cause = _cause(change, segment.reads) if change is not None else None
                if cause is not None:
                    segment.stale = True
                    segment.touched_by = cause
                    segment.needs = max(segment.needs, seq)
            self._changed.notify_all()

    # ----------------------------------------------------------------- asking

    def count(self, number: int) -> Count | None:
        """The count as published; None before the first, or for an unknown segment.

        Its instant is now when nothing acknowledged waits to be taken over and nothing that has
        been can have changed it; else it is when the segment was computed last.
        """
        waiting = self._outstanding_since()
        with self._changed:
            segment = self._segments.get(number)
            if segment is None or segment.published is None:
                return None
            published = segment.published
            now = self._clock.now()
            if waiting is None and segment.failure is None and not self._is_stale(segment, now):
                return Count(published.count, now, exact=True, definition_version=published.version)
            return Count(published.count, published.at, published.exact, published.version)

    def members(self, number: int) -> Published | None:
        """The membership as published."""
        with self._changed:
            segment = self._segments.get(number)
            return segment.published if segment else None

    def failure(self, number: int) -> str | None:
        """Why a segment's last computation failed, or None."""
        with self._changed:
            segment = self._segments.get(number)
            return segment.failure if segment else None

    def settle(self, numbers: Iterable[int], seq: int = 0, timeout_s: float | None = None) -> bool:
        """Wait until these segments hold all data up to `seq` and all that time has done.

        Returns False when the time is up first. A segment whose computation failed is not waited
        for; `count` says that it is not exact.
        """
        wanted = set(numbers)
        if self._thread is not None:
            with self._changed:
                self._changed.notify_all()
                return self._changed.wait_for(lambda: self._settled(wanted, seq), timeout_s)
        while True:  # nobody else computes; data or time may move on meanwhile
            self.refresh(wanted)
            with self._changed:
                if self._settled(wanted, seq):
                    return True
                self._changed.wait(_MOMENT_S)

    def evaluate(self, workspace: int, plans: Sequence[Plan]) -> list[Membership]:
        """Who would fit these plans now, all at one moment; nothing is kept."""
        with self._columns.snapshot() as snapshot:
            now = self._clock.now()
            return [recompute(plan, snapshot, workspace, now) for plan in plans]

    def count_filled(self, workspace: int, plan: Plan, columns: Sequence[str]) -> list[int]:
        """How many of those who fit a plan now have a value in each of these columns."""
        with self._columns.snapshot() as snapshot:
            return count_filled(plan, snapshot, workspace, self._clock.now(), columns)

    def newest(self, workspace: int, most: int) -> list[int]:
        """Contacts by the time of their last change, the newest first."""
        with self._columns.snapshot() as snapshot:
            names = snapshot.names(workspace)
            if names is None:
                return []
            return [row[0] for row in snapshot.rows(Printer(names, 0, {}).newest(most))]

    @contextmanager
    def look_at(self, workspace: int, number: int) -> Iterator[Look]:
        """One contact at one moment."""
        with self._columns.snapshot() as snapshot:
            yield Look(snapshot, workspace, number, self._clock.now())

    def audit(self, number: int) -> tuple[FrozenBitMap, FrozenBitMap]:
        """The membership as kept, and recomputed from scratch for the same data and instant.

        Raises:
            LookupError: there is no such segment, or it cannot be computed.
        """
        while True:
            self.settle([number])
            with self._columns.snapshot() as snapshot:
                with self._changed:
                    segment = self._segments[number]
                    published, plan = segment.published, segment.plan
                    same = self._holds(segment, snapshot.applied)
                if published is None:
                    raise LookupError(segment.failure or "not computed yet")
                if same or segment.failure is not None:
                    found = recompute(plan, snapshot, segment.workspace, published.at)
                    return published.members, FrozenBitMap(BitMap(found.members))
            with self._changed:  # data came in between; its touch() is on the way
                self._changed.wait(_MOMENT_S)

    # -------------------------------------------------------------- computing

    def start(self) -> None:
        """Recompute in the background from now on."""
        self._thread = threading.Thread(target=self._run, name="carpel-engine", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the background thread after the segment it is at."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def refresh(self, numbers: set[int] | None = None) -> None:
        """Compute what is stale (of these, or of all), on one snapshot at one instant."""
        with self._computing:
            work = self._take(numbers)
            if not work:
                return
            now = self._clock.now()
            waiting = self._outstanding_since()
            with self._columns.snapshot() as snapshot:
                for job in work:
                    if self._closing:
                        return
                    self._compute(job, snapshot, now, exact=waiting is None or waiting >= now)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closing and not self._has_stale():
                    self._clock.wait(self._changed, self._next_due())
                if self._closing:
                    return
            self.refresh()

    def _take(self, numbers: set[int] | None) -> list[_Work]:
        now = self._clock.now()
        with self._changed:
            work = []
            for number, segment in self._segments.items():
                if (numbers is None or number in numbers) and self._is_stale(segment, now):
                    segment.stale = False  # what comes from here on marks it again
                    work.append(_Work(number, segment.version, segment))
            return work

    def _compute(self, job: _Work, snapshot: Snapshot, now: int, *, exact: bool) -> None:
        """`exact`: all that was acknowledged before now is in the snapshot."""
        segment = job.segment
        failure = None
        published = None
        try:
            found = recompute(segment.plan, snapshot, segment.workspace, now)
            members = FrozenBitMap(BitMap(found.members))
            published = Published(members, job.version, now, found.until, snapshot.applied, exact)
        except Exception as error:
            _log.exception("segment %s could not be computed", job.number)
            failure = f"{type(error).__name__}: {error}"
        with self._changed:
            if self._segments.get(job.number) is not segment:
                return  # redefined or dropped meanwhile
            segment.failure = failure
            previous = segment.published
            if published is not None:
                segment.published = published
            self._changed.notify_all()
        if published is not None:
            cause = _why(segment, previous, published)
            self._on_published(
                Publication(job.number, segment.workspace, previous, published, cause)
            )

    # ---------------------------------------------------------- under the lock

    def _is_stale(self, segment: _Segment, now: int) -> bool:
        """Whether it has to be computed; one that failed waits for a change."""
        published = segment.published
        if segment.stale or published is None or segment.failure is not None:
            return segment.stale
        return (
            published.version != segment.version
            or published.applied < segment.needs
            or now >= published.until
        )

    def _holds(self, segment: _Segment, applied: int) -> bool:
        """Whether what is published has all data up to a record, and the rules as they are."""
        published = segment.published
        return (
            published is not None
            and published.version == segment.version
            and applied <= self._touched
            and segment.needs <= published.applied
        )

    def _has_stale(self) -> bool:
        now = self._clock.now()
        return any(self._is_stale(segment, now) for segment in self._segments.values())

    def _next_due(self) -> int | None:
        due = min(
            (s.published.until for s in self._segments.values() if s.published is not None),
            default=LATEST,
        )
        return None if due == LATEST else due

    def _settled(self, numbers: set[int], seq: int) -> bool:
        now = self._clock.now()
        return all(
            self._is_settled(self._segments[number], seq, now)
            for number in numbers
            if number in self._segments
        )

    def _is_settled(self, segment: _Segment, seq: int, now: int) -> bool:
        published = segment.published
        if segment.failure is not None and not segment.stale:
            return True  # as far as it will get
        if published is None or published.version != segment.version or now >= published.until:
            return False
        return published.applied >= min(seq, segment.needs) if seq else not segment.stale


def _cause(change: Touched, seen: Reads) -> Cause | None:
    """How a change can move anyone in or out; None when it cannot."""
    if seen.events and (
        change.events
        or (change.types and (seen.types is None or not change.types.isdisjoint(seen.types)))
    ):
        return "event"
    if change.population or change.columns & seen.columns:
        return "contact"
    return None


def _why(segment: _Segment, previous: Published | None, published: Published) -> Cause:
    """What may have moved people between two publications."""
    if previous is None:
        return "event" if segment.reads.events else "contact"
    if previous.version != published.version:
        return "definition"
    return segment.touched_by if previous.applied < segment.needs else "time"
