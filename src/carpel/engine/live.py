"""Everyone's membership, kept up with data and time.

Most segments live in memory (engine/memory): a change is worked out for the contacts it touches. A
segment whose rules that engine does not know is recomputed from the columns whenever data it reads
has changed or time alone may have changed it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from pyroaring import BitMap, FrozenBitMap

from carpel.kit.clock import Clock
from carpel.storage.columns import Columns, Snapshot

from .look import Look
from .memory.flips import Flips
from .memory.world import TooMuch
from .plan import Plan
from .printer import Printer
from .publication import Cause, Publication, Published
from .recompute import Membership, count_filled, recompute
from .tracked import Tracked, Work, why
from .tracker import Tracker
from .worlds import Pending

_log = logging.getLogger("carpel.engine")

_MOMENT_S = 0.02


class Engine(Tracker):
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
        memory: int,
    ) -> None:
        """Begin without segments.

        Args:
            columns: where data is read.
            clock: what time it is.
            on_published: told of each segment right after it is computed.
            outstanding_since: when the first acknowledged record came that is not in the columns
                yet; None when there is none.
            memory: how many bytes the live segments of a workspace may take; the segments of one
                that needs more are recomputed from the columns.
        """
        super().__init__(clock, columns.applied, outstanding_since, memory)
        self._columns = columns
        self._on_published = on_published
        self._computing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = False

    # ----------------------------------------------------------------- asking

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
                    at = self._as_of[segment.workspace] if segment.is_built else published.at
                    found = recompute(plan, snapshot, segment.workspace, at)
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
        """Bring what lives in memory up to now, and compute what is stale (of these, or of all)."""
        with self._computing:
            now = self._clock.now()
            waiting = self._outstanding_since()
            exact = waiting is None or waiting >= now
            self._refresh_memory(numbers, now, exact=exact)
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

    # ------------------------------------------------------------ what lives in memory

    def _refresh_memory(self, numbers: set[int] | None, now: int, *, exact: bool) -> None:
        with self._changed:
            self._moving_on = True
            dropped, self._dropped = self._dropped, []
            fresh = {
                number: segment
                for number, segment in self._segments.items()
                if segment.in_memory and segment.stale and (numbers is None or number in numbers)
            }
            for segment in fresh.values():
                self._worlds.expect(segment.workspace)
        try:
            for workspace, number in dropped:
                self._worlds.drop(workspace, number)
            if fresh:
                self._build(fresh, now, exact=exact)
            self._drain(None, now, exact=exact)
        finally:
            with self._changed:
                self._moving_on = False
                self._changed.notify_all()

    def _build(self, fresh: dict[int, Tracked], now: int, *, exact: bool) -> None:
        """Take segments up in memory, with exactly the data that a snapshot has."""
        with self._columns.snapshot() as snapshot:
            with self._changed:
                self._changed.wait_for(lambda: self._touched >= snapshot.applied or self._closing)
            self._drain(snapshot.applied, now, exact=exact)
            for workspace in {segment.workspace for segment in fresh.values()}:
                plans = {n: one.plan for n, one in fresh.items() if one.workspace == workspace}
                with self._guarded(workspace):
                    found = self._worlds.define(workspace, plans, snapshot, now)
                    self._as_of[workspace] = now
                    for number, members in found.items():
                        segment = fresh[number]
                        until = self._worlds.due(workspace)
                        version = segment.version
                        made = Published(members, version, now, until, snapshot.applied, exact)
                        segment.is_built = True
                        segment.stale = False
                        self._publish(number, segment, made)

    def _drain(self, up_to: int | None, now: int, *, exact: bool) -> None:
        """Bring the worlds to an instant, then take in what is queued."""

        def told(workspace: int, flips: Mapping[int, Flips], seq: int | None) -> None:
            for number in flips:
                self._republish(workspace, number, now, seq, exact=exact)

        for workspace in self._worlds.workspaces:
            with self._guarded(workspace):
                self._worlds.advance(workspace, now, told)
                self._as_of[workspace] = now
        while (pending := self._oldest(up_to)) is not None:
            for workspace in pending.batches:
                with self._guarded(workspace):
                    self._worlds.take_in(workspace, pending, now, told)
            with self._changed:
                self._worlds.done(pending)
                self._changed.notify_all()

    def _oldest(self, up_to: int | None) -> Pending | None:
        with self._changed:
            return self._worlds.oldest(up_to)

    def _republish(
        self, workspace: int, number: int, now: int, seq: int | None, *, exact: bool
    ) -> None:
        """Somebody entered or left a segment in memory."""
        with self._changed:
            segment = self._segments.get(number)
        members = self._worlds.members(workspace, number)
        if segment is None or segment.published is None or members is None:
            return
        old = segment.published
        applied = old.applied if seq is None else seq
        until = self._worlds.due(workspace)
        made = Published(members, old.version, now, until, applied, exact)
        self._publish(number, segment, made, "time" if seq is None else None)

    @contextmanager
    def _guarded(self, workspace: int) -> Iterator[None]:
        """Should a world fail, its segments are recomputed from the columns from then on."""
        try:
            yield
        except Exception as error:
            reason = "the engine in memory failed; its segments are recomputed instead"
            if isinstance(error, TooMuch):
                _log.warning("workspace %s: %s", workspace, error)
            else:
                _log.error("workspace %s: %s", workspace, reason, exc_info=error)
            with self._changed:
                self._worlds.discard(workspace)
                for segment in self._segments.values():
                    if segment.workspace == workspace and segment.in_memory:
                        segment.in_memory = segment.is_built = False
                        segment.stale = True

    # ------------------------------------------------------------ what is recomputed

    def _take(self, numbers: set[int] | None) -> list[Work]:
        now = self._clock.now()
        with self._changed:
            work = []
            for number, segment in self._segments.items():
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
            members = FrozenBitMap(BitMap(found.members))
            published = Published(members, job.version, now, found.until, snapshot.applied, exact)
        except Exception as error:
            _log.exception("segment %s could not be computed", job.number)
            failure = f"{type(error).__name__}: {error}"
        with self._changed:
            segment.failure = failure
            self._changed.notify_all()
        if published is not None:
            self._publish(job.number, segment, published)

    def _publish(
        self, number: int, segment: Tracked, published: Published, cause: Cause | None = None
    ) -> None:
        """Args: cause: None to find it out."""
        with self._changed:
            if self._segments.get(number) is not segment:
                return  # redefined or dropped meanwhile
            previous = segment.published
            segment.published = published
            self._changed.notify_all()
        cause = cause or why(segment, previous, published)
        self._on_published(Publication(number, segment.workspace, previous, published, cause))
