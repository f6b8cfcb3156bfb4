"""What is kept of every segment, and whether it is up to date."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pyroaring import FrozenBitMap

from carpel.kit.clock import Clock
from carpel.kit.instants import LATEST
from carpel.storage.columns import WorkspaceBatch

from .builds import Again, Pending, Progress
from .memory.known import knows
from .plan import Plan
from .publication import Published, Standing
from .reads import reads
from .tracked import Backlog, Count, Touched, Tracked, cause_of
from .worlds import Worlds


class Asked(NamedTuple):
    """When somebody asked, and the newest batch that waited then."""

    at: int
    newest: int  # 0 for none


class Tracker:
    """Every defined segment with what was published of it last. Thread-safe.

    A segment that lives in memory costs nothing here when data changes; the others are in
    `_recounted`, and those of them that are still to be taken up in memory in `_fresh`.
    """

    def __init__(self, clock: Clock, applied: int, backlog: Backlog, memory: int) -> None:
        self._clock = clock
        self._backlog = backlog
        self._segments: dict[int, Tracked] = {}
        self._recounted: dict[int, Tracked] = {}
        self._fresh: dict[int, Tracked] = {}
        self._renewed: set[int] = set()  # workspaces whose worlds are to be made anew
        self._changed = threading.Condition()
        # Whoever changes members of what lives in memory holds this until that is published.
        self._flipping = threading.RLock()
        self._touched = applied  # the last log record that touch() has heard of
        self._stored = applied  # the last one that stored() has heard of
        self._worlds = Worlds(memory)
        self._as_of: dict[int, int] = {}  # the instant up to which each world has come
        self._moving_on = False  # a world is being changed, and not all of it is published
        self._made_anew = False  # or even put in the place of another
        self._dropped: list[tuple[int, int]] = []  # workspace and segment, still in memory

    def define(self, number: int, workspace: int, version: int, plan: Plan) -> None:
        """Take up a segment, or new rules for it; the old membership serves until it is computed."""
        with self._changed:
            old = self._segments.get(number)
            segment = Tracked(workspace, version, plan, reads(plan), since=self._clock.now())
            segment.in_memory = knows(plan)
            if old is not None:
                segment.published, segment.recalled = old.published, old.recalled
            if old is not None and old.in_memory and not segment.in_memory:
                self._let_go(number, old)
            self._segments[number] = self._recounted[number] = segment
            self._fresh.pop(number, None)
            if segment.in_memory:
                self._fresh[number] = segment
            self._changed.notify_all()

    def drop(self, number: int) -> None:
        """Forget a segment."""
        with self._changed:
            segment = self._segments.pop(number, None)
            self._recounted.pop(number, None)
            self._fresh.pop(number, None)
            if segment is not None:
                self._let_go(number, segment)
            self._changed.notify_all()

    def rebuild(self, number: int) -> None:
        """Work a segment out again, its kept membership being wrong.

        What it shares with others may be wrong for them too: in memory the whole workspace is
        worked out again, beside what lives.
        """
        with self._changed:
            segment = self._segments.get(number)
            if segment is None:
                return
            if segment.is_built:
                self._renewed.add(segment.workspace)
                for other, one in self._segments.items():
                    if one.workspace == segment.workspace and one.in_memory:
                        self._fresh[other] = one
            else:
                segment.stale = True
            self._changed.notify_all()

    def recall(self, known: Mapping[int, Standing]) -> None:
        """What an earlier process published last, to be told until there is anything newer."""
        with self._changed:
            for number, standing in known.items():
                if number in self._segments:
                    self._segments[number].recalled = standing

    def touch(
        self,
        seq: int,
        touched: Iterable[Touched],
        batches: Sequence[WorkspaceBatch] = (),
        written: threading.Event | None = None,
        again: Again | None = None,
    ) -> None:
        """Data changed: queue it for what lives in memory. The columns may not have it yet.

        It is worked out at once, and told when `written` is set. A build that begins before the
        columns have it asks for it `again`; without, the batches are kept for that.
        """
        changes = {change.workspace: change for change in touched}
        by_workspace = {batch.workspace: batch for batch in batches}
        with self._changed:
            self._touched = max(self._touched, seq)
            self._worlds.push(Pending(seq, by_workspace, changes, written, again))
            self._changed.notify_all()

    def stored(self, seq: int) -> None:
        """The columns have all up to a record: mark what is computed from them and reads it."""
        with self._changed:
            self._stored = max(self._stored, seq)
            for pending in self._worlds.stored(seq):
                for segment in self._recounted.values():
                    change = pending.changes.get(segment.workspace)
                    cause = cause_of(change, segment.reads) if change is not None else None
                    if cause is not None:
                        segment.stale = True
                        segment.touched_by = cause
                        segment.needs = max(segment.needs, pending.seq)
            self._changed.notify_all()

    def count(self, number: int) -> Count | None:
        """The count as published; None before the first, or for an unknown segment.

        Its instant is now when nothing acknowledged waits to be taken over and nothing that has
        been can have changed it; else it is when the segment was computed last. Before anything
        has been computed it is what an earlier process published last.
        """
        untold, unstored = self._backlog.untold_since(), self._backlog.unstored_since()
        with self._changed:
            segment = self._segments.get(number)
            if segment is None:
                return None
            waiting = untold if segment.is_built else unstored
            published = segment.published or segment.recalled
            if published is None:
                return None
            now = self._clock.now()
            is_known = segment.published is not None and segment.failure is None
            if waiting is None and is_known and not self._is_stale(segment, now):
                return Count(published.count, now, exact=True, definition_version=published.version)
            return Count(published.count, published.at, published.exact, published.version)

    def members(self, number: int) -> Published | None:
        """The membership as published; it stays as it is while its reader has it.

        Of what lives in memory a copy is made when somebody asks, and kept until somebody moves.
        """
        published = self._last(number)
        if not isinstance(published, Standing):
            return published
        with self._flipping:
            published = self._last(number)
            if not isinstance(published, Standing):
                return published
            segment = self._segments.get(number)
            found = self._worlds.members(segment.workspace, number) if segment else None
            if segment is None or found is None:
                return None
            made = with_members(published, FrozenBitMap(found))
            with self._changed:
                segment.published = made
            return made

    def standing(self, number: int) -> Standing | Published | None:
        """What is published of a segment; in memory at hand, however many are in."""
        return self._last(number)

    def failure(self, number: int) -> str | None:
        """Why a segment's last computation failed, or None."""
        with self._changed:
            segment = self._segments.get(number)
            return segment.failure if segment else None

    def building(self, number: int) -> Progress | None:
        """How far the build of a segment's rules is; None when it is not being taken up."""
        with self._changed:
            build, segment = self._worlds.build, self._segments.get(number)
            if segment is None:
                return None
            if build is not None and build.segments.get(number) is segment:
                return build.progress()
            if number in self._fresh:
                return Progress(0.0, segment.since, len(self._fresh))
            return None

    @property
    def is_building(self) -> bool:
        """Whether any segment is being taken up in memory, or waits for that."""
        with self._changed:
            return bool(self._fresh) or self._worlds.build is not None

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

    # ---------------------------------------------------------- under the lock

    def _last(self, number: int) -> Standing | Published | None:
        with self._changed:
            segment = self._segments.get(number)
            return segment.published if segment else None

    def _let_go(self, number: int, segment: Tracked) -> None:
        self._dropped.append((segment.workspace, number))

    def _is_stale(self, segment: Tracked, now: int) -> bool:
        """Whether it has to be computed; one that failed waits for a change."""
        published = segment.published
        if segment.is_built:
            workspace = segment.workspace
            return self._worlds.is_behind(workspace) or now >= self._worlds.due(workspace)
        if segment.needs > self._stored:
            return False  # nor can it be, yet
        if segment.stale or published is None or segment.failure is not None:
            return segment.stale
        return (
            published.version != segment.version
            or published.applied < segment.needs
            or now >= published.until
        )

    def _has_stale(self) -> bool:
        """Whether there is anything to do but builds."""
        now = self._clock.now()
        if self._dropped or self._worlds.has_pending or now >= self._worlds.next_due():
            return True
        return any(
            not segment.in_memory and self._is_stale(segment, now)
            for segment in self._recounted.values()
        )

    def _next_due(self) -> int | None:
        due = min(
            (
                one.published.until
                for one in self._recounted.values()
                if one.published is not None and not one.in_memory and one.failure is None
            ),
            default=LATEST,
        )
        due = min(due, self._worlds.next_due())
        return None if due == LATEST else due

    def _asked_now(self) -> Asked:
        """What somebody who asks now is to wait for."""
        return Asked(self._clock.now(), self._worlds.newest or 0)

    def _settled(self, numbers: set[int], seq: int, asked: Asked) -> bool:
        if seq > self._stored:
            return False  # its columns are written, or about to be
        return all(
            self._is_settled(self._segments[number], seq, asked)
            for number in numbers
            if number in self._segments
        )

    def _is_settled(self, segment: Tracked, seq: int, asked: Asked) -> bool:
        published = segment.published
        if segment.is_built:
            return self._has_all(segment.workspace, max(seq, asked.newest), asked.at)
        now = self._clock.now()
        if segment.failure is not None and not segment.stale:
            return True  # as far as it will get
        if published is None or published.version != segment.version or now >= published.until:
            return False
        if segment.in_memory or not seq:
            return not segment.stale
        return published.applied >= min(seq, segment.needs)

    def _has_all(self, workspace: int, newest: int, at: int) -> bool:
        """Whether a world has all up to a record and an instant; more may have come since."""
        if self._made_anew or self._worlds.is_behind(workspace, newest):
            return False
        if self._as_of.get(workspace, 0) >= at:
            return True
        return not self._moving_on and self._worlds.due(workspace) > at


def with_members(standing: Standing, members: FrozenBitMap) -> Published:
    """The same with who they are."""
    return Published(
        members,
        standing.version,
        standing.at,
        standing.until,
        standing.applied,
        standing.exact,
    )
