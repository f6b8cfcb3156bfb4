"""What is kept of every segment, and whether it is up to date."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from carpel.kit.clock import Clock
from carpel.kit.instants import LATEST
from carpel.storage.columns import WorkspaceBatch

from .memory.known import knows
from .plan import Plan
from .publication import Published
from .reads import reads
from .tracked import Count, Touched, Tracked, cause_of
from .worlds import Worlds


class Tracker:
    """Every defined segment with what was published of it last. Thread-safe."""

    def __init__(
        self, clock: Clock, applied: int, outstanding_since: Callable[[], int | None], memory: int
    ) -> None:
        self._clock = clock
        self._outstanding_since = outstanding_since
        self._segments: dict[int, Tracked] = {}
        self._changed = threading.Condition()
        self._touched = applied  # the last log record that touch() has heard of
        self._worlds = Worlds(memory)
        self._as_of: dict[int, int] = {}  # the instant up to which each world has come
        self._moving_on = False  # a world is being changed, and not all of it is published
        self._dropped: list[tuple[int, int]] = []  # workspace and segment, still in memory

    def define(self, number: int, workspace: int, version: int, plan: Plan) -> None:
        """Take up a segment, or new rules for it; the old membership serves until it is computed."""
        with self._changed:
            old = self._segments.get(number)
            segment = Tracked(workspace, version, plan, reads(plan))
            segment.in_memory = knows(plan)
            segment.published = old.published if old else None
            if old is not None and old.in_memory and not segment.in_memory:
                self._dropped.append((workspace, number))
            self._segments[number] = segment
            self._changed.notify_all()

    def drop(self, number: int) -> None:
        """Forget a segment."""
        with self._changed:
            segment = self._segments.pop(number, None)
            if segment is not None:
                self._dropped.append((segment.workspace, number))
            self._changed.notify_all()

    def touch(
        self, seq: int, touched: Iterable[Touched], batches: Sequence[WorkspaceBatch] = ()
    ) -> None:
        """Data changed: mark what reads it, and queue it for what lives in memory."""
        changes = {change.workspace: change for change in touched}
        with self._changed:
            self._touched = max(self._touched, seq)
            for segment in self._segments.values():
                change = changes.get(segment.workspace)
                cause = cause_of(change, segment.reads) if change is not None else None
                if cause is not None:
                    segment.stale = segment.stale or not segment.is_built
                    segment.touched_by = cause
                    segment.needs = max(segment.needs, seq)
            self._worlds.push(seq, batches)
            self._changed.notify_all()

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

    # ---------------------------------------------------------- under the lock

    def _is_stale(self, segment: Tracked, now: int) -> bool:
        """Whether it has to be computed; one that failed waits for a change."""
        published = segment.published
        if segment.is_built:
            workspace = segment.workspace
            return self._worlds.is_behind(workspace) or now >= self._worlds.due(workspace)
        if segment.stale or published is None or segment.failure is not None:
            return segment.stale
        return (
            published.version != segment.version
            or published.applied < segment.needs
            or now >= published.until
        )

    def _holds(self, segment: Tracked, applied: int) -> bool:
        """Whether what is published has all data up to a record, and the rules as they are."""
        published = segment.published
        if segment.is_built and (self._moving_on or self._worlds.is_behind(segment.workspace)):
            return False
        return (
            published is not None
            and published.version == segment.version
            and applied <= self._touched
            and (segment.is_built or segment.needs <= published.applied)
        )

    def _has_stale(self) -> bool:
        now = self._clock.now()
        if self._dropped:
            return True
        return any(self._is_stale(segment, now) for segment in self._segments.values())

    @property
    def next_due(self) -> int | None:
        """When time alone may next change something; None for never."""
        with self._changed:
            return self._next_due()

    def is_in_memory(self, number: int) -> bool:
        """Whether a segment lives in memory, and not in the columns alone."""
        with self._changed:
            segment = self._segments.get(number)
            return segment is not None and segment.is_built

    def _next_due(self) -> int | None:
        due = min(
            (
                one.published.until
                for one in self._segments.values()
                if one.published is not None and not one.is_built
            ),
            default=LATEST,
        )
        due = min(due, self._worlds.next_due())
        return None if due == LATEST else due

    def _settled(self, numbers: set[int], seq: int) -> bool:
        if seq > self._touched:
            return False  # its columns are written, or about to be
        now = self._clock.now()
        return all(
            self._is_settled(self._segments[number], seq, now)
            for number in numbers
            if number in self._segments
        )

    def _is_settled(self, segment: Tracked, seq: int, now: int) -> bool:
        published = segment.published
        if segment.is_built:
            behind = self._worlds.is_behind(segment.workspace, seq or None)
            return not behind and not self._moving_on and now < self._worlds.due(segment.workspace)
        if segment.failure is not None and not segment.stale:
            return True  # as far as it will get
        if published is None or published.version != segment.version or now >= published.until:
            return False
        return published.applied >= min(seq, segment.needs) if seq else not segment.stale
