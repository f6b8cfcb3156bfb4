"""Everyone's membership, kept up with data and time.

Most segments live in memory (engine/memory): a change is worked out for the contacts it touches. A
segment whose rules that engine does not know is recomputed from the columns whenever data it reads
has changed or time alone may have changed it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from pyroaring import FrozenBitMap

from carpel.kit.clock import Clock
from carpel.storage.columns import Columns, Snapshot

from .auditing import Auditing
from .living import Given, OnPublished
from .look import Look
from .memory.bitmaps import frozen_of
from .plan import Plan
from .printer import Printer
from .publication import Published
from .recompute import (
    Membership,
    Numbers,
    count_filled,
    counts_of,
    members_by_pieces,
    members_of,
    recompute,
)
from .tracked import Backlog, Work

_log = logging.getLogger("carpel.engine")

_MOMENT_S = 0.02


@dataclass(frozen=True)
class Fitting:
    """Who fits a plan at an instant, and how many fit each of some others."""

    members: Numbers
    counts: list[int]
    at: int
    exact: bool  # whether all that was acknowledged before `at` is in it


class Engine(Auditing):
    """Keeps every defined segment's membership. Thread-safe.

    Without `start()` nothing runs in the background: what is stale is computed when it is asked
    for. With it, a thread recomputes at once what changes, and sleeps until the next due instant.
    """

    def __init__(
        self,
        columns: Columns,
        clock: Clock,
        on_published: OnPublished,
        backlog: Backlog,
        memory: int,
    ) -> None:
        """Begin without segments.

        Args:
            columns: where data is read.
            clock: what time it is.
            on_published: told of each segment right after it is computed.
            backlog: what is acknowledged and not here yet.
            memory: how many bytes the live segments of a workspace may take; the segments of one
                that needs more are recomputed from the columns.
        """
        super().__init__(Given(columns, clock, on_published, backlog, memory))

    # ----------------------------------------------------------------- asking

    def await_room(self, timeout_s: float) -> None:
        """Wait until at most one batch waits to be taken in, but no longer than that.

        Who brings batches and waits here brings few large ones when the engine is busy: a batch
        costs much that does not depend on its size.
        """
        if self._threads:
            with self._changed:
                self._changed.wait_for(lambda: self._worlds.queued <= 1 or self._closing, timeout_s)

    def settle(self, numbers: Iterable[int], seq: int = 0, timeout_s: float | None = None) -> bool:
        """Wait until these segments hold all data up to `seq`, and all that has come by now and time has done.

        Returns False when the time is up first. A segment whose computation failed is not waited
        for; `count` says that it is not exact.
        """
        wanted = set(numbers)
        if self._threads:
            with self._changed:
                self._changed.notify_all()
                asked = self._asked_now()
                return self._changed.wait_for(lambda: self._settled(wanted, seq, asked), timeout_s)
        while True:  # nobody else computes; data or time may move on meanwhile
            self.refresh(wanted)
            with self._changed:
                if self._settled(wanted, seq, self._asked_now()):
                    return True
                self._changed.wait(_MOMENT_S)

    def evaluate(self, workspace: int, plans: Sequence[Plan]) -> list[Membership]:
        """Who would fit these plans now, all at one moment; nothing is kept."""
        with self._caught_up() as (snapshot, _):
            now = self._clock.now()
            return [recompute(plan, snapshot, workspace, now) for plan in plans]

    def fitting(self, workspace: int, plan: Plan, parts: Sequence[Plan] = ()) -> Fitting:
        """Who would fit a plan, and how many each of some others."""
        now = self._clock.now()
        with self._caught_up() as (snapshot, caught):
            members = members_of(plan, snapshot, workspace, now)
            return Fitting(members, counts_of(parts, snapshot, workspace, now), now, caught)

    def count_filled(self, workspace: int, plan: Plan, columns: Sequence[str]) -> list[int]:
        """How many of those who fit a plan now have a value in each of these columns."""
        with self._caught_up() as (snapshot, _):
            return count_filled(plan, snapshot, workspace, self._clock.now(), columns)

    def newest(self, workspace: int, most: int) -> list[int]:
        """Contacts by the time of their last change, the newest first."""
        with self._caught_up() as (snapshot, _):
            names = snapshot.names(workspace)
            if names is None:
                return []
            return [row[0] for row in snapshot.rows(Printer(names, 0, {}).newest(most))]

    @contextmanager
    def look_at(self, workspace: int, number: int) -> Iterator[Look]:
        """One contact at one moment."""
        with self._caught_up() as (snapshot, _):
            yield Look(snapshot, workspace, number, self._clock.now())

    @contextmanager
    def _caught_up(self) -> Iterator[tuple[Snapshot, bool]]:
        """The columns with all that was acknowledged when asked, and whether they came to it in time."""
        caught = self._backlog.catch_up()
        with self._columns.snapshot() as snapshot:
            yield snapshot, caught

    def audit(
        self, number: int, rest: Callable[[float], None] | None = None
    ) -> tuple[FrozenBitMap, FrozenBitMap]:
        """The membership as kept, and recomputed from scratch for the same data and instant.

        With `rest` it is recomputed a piece at a time, and that is called after each, with the
        seconds that it took.

        Raises:
            LookupError: there is no such segment, or it cannot be computed.
        """
        while True:
            self.settle([number])
            with ExitStack() as held:
                snapshot, kept = self._moment_of(number, held)
                if kept is not None:
                    asked = kept.plan, snapshot, kept.workspace, kept.at
                    found = members_by_pieces(*asked, rest) if rest else members_of(*asked)
                    return kept.members, frozen_of(found)

    # -------------------------------------------------------------- computing

    def start(self) -> None:
        """Recompute in the background from now on; new segments on a thread of their own."""
        for name, run in (("carpel-engine", self._run), ("carpel-builds", self._run_builds)):
            thread = threading.Thread(target=run, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Stop the background threads after the segment, and the piece of a build, they are at."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._wind_up()

    def refresh(self, numbers: set[int] | None = None) -> None:
        """Bring what lives in memory up to now, and compute what is stale (of these, or of all)."""
        if not self._threads:
            self._build_all()
        with self._computing:
            now = self._move_on()
            waiting = self._backlog.unstored_since()
            exact = waiting is None or waiting >= now
            work = self._take(numbers)
            if not work:
                return
            with self._columns.snapshot() as snapshot:
                for job in work:
                    if self._closing:
                        return
                    self._compute(job, snapshot, now, exact=exact)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closing and not self._has_stale():
                    self._clock.wait(self._changed, self._next_due())
                if self._closing:
                    return
            self.refresh()

    def _run_builds(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._fresh or self._closing)
                if self._closing:
                    return
            self._build_all()

    # ------------------------------------------------------------ what is recomputed

    def _take(self, numbers: set[int] | None) -> list[Work]:
        now = self._clock.now()
        with self._changed:
            work = []
            for number, segment in self._recounted.items():
                if segment.in_memory or (numbers is not None and number not in numbers):
                    continue
                if self._is_stale(segment, now):
                    segment.stale = False  # what comes from here on marks it again
                    work.append(Work(number, segment.version, segment))
            return work

    def _compute(self, job: Work, snapshot: Snapshot, now: int, *, exact: bool) -> None:
        """`exact`: all that was acknowledged before now is in the snapshot."""
        segment = job.segment
        failure = None
        published = None
        try:
            found = recompute(segment.plan, snapshot, segment.workspace, now)
            members = frozen_of(found.members)
            published = Published(members, job.version, now, found.until, snapshot.applied, exact)
        except Exception as error:
            _log.exception("segment %s could not be computed", job.number)
            failure = f"{type(error).__name__}: {error}"
        with self._changed:
            segment.failure = failure
            self._changed.notify_all()
        if published is not None:
            self._publish(job.number, segment, published)
