"""What lives in memory, brought up to date: batches taken in, instants reached, all of it told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pyroaring import FrozenBitMap

from carpel.kit.clock import Clock
from carpel.kit.turns import INTERPRETER, Urgency
from carpel.storage.columns import Columns

from .builds import Pending
from .memory.bitmaps import few_or_frozen
from .memory.flips import Flips
from .memory.room import TooMuch
from .plan import Plan
from .publication import Cause, Moves, Publication, Published, Standing
from .tracked import Backlog, Tracked, cause_of, why
from .tracker import Tracker, with_members

_log = logging.getLogger("carpel.engine")

OnPublished = Callable[[Publication], None]


@dataclass(frozen=True)
class Given:
    """What an engine is made with; `Engine` says what each is."""

    columns: Columns
    clock: Clock
    on_published: OnPublished
    backlog: Backlog
    memory: int


@dataclass(frozen=True)
class Noted:
    """Who was in a segment with all data up to a record, at an instant."""

    seq: int
    at: int
    workspace: int
    plan: Plan
    members: FrozenBitMap


class Living(Tracker):
    """The segments in memory, moved on by one thread at a time: whoever holds `_computing`."""

    def __init__(self, given: Given) -> None:
        super().__init__(given.clock, given.columns.applied, given.backlog, given.memory)
        self._columns = given.columns
        self._on_published = given.on_published
        self._computing = threading.RLock()
        self._closing = False
        self._noted: list[tuple[int, list[Noted]]] = []  # segments looked at, with what was seen

    # -------------------------------------------------------------- moving on

    def _is_exact(self, now: int) -> bool:
        """Whether the engine has been told of all that was acknowledged before an instant."""
        waiting = self._backlog.untold_since()
        return waiting is None or waiting >= now

    @contextmanager
    def _moving(self, *, anew: bool = False) -> Iterator[None]:
        """Nobody takes what is published for settled meanwhile, if a world is made `anew` not even in part."""
        with self._changed:
            self._moving_on, self._made_anew = True, anew
        try:
            self._forget_dropped()
            yield
        finally:
            with self._changed:
                self._moving_on = self._made_anew = False
                self._changed.notify_all()

    def _forget_dropped(self) -> None:
        with self._changed:
            dropped, self._dropped = self._dropped, []
        with self._flipping:
            for workspace, number in dropped:
                with self._guarded(workspace):
                    self._worlds.drop(workspace, number)

    def _move_on(self, up_to: int | None = None) -> int:
        """Bring the worlds to now, with all that is queued or all up to a record; returns now.

        For whoever holds `_computing`.
        """
        now = self._clock.now()
        with self._moving():
            self._drain(up_to, now, exact=self._is_exact(now))
        return now

    def _drain(self, up_to: int | None, now: int, *, exact: bool) -> None:
        """Bring the worlds to an instant, then take in what is queued, up to a record.

        Without one, what is queued now: while more and more comes in, time has to move on too.
        """

        def told(workspace: int, flips: Mapping[int, Flips], pending: Pending | None) -> None:
            if pending is not None:
                pending.await_written()
            with self._changed:
                news = [
                    made
                    for number, moved in flips.items()
                    if (
                        made := self._flipped(workspace, number, moved, (now, pending), exact=exact)
                    )
                ]
                self._changed.notify_all()
            for one in news:
                self._on_published(one)

        for workspace in self._worlds.workspaces:
            turn = INTERPRETER.taken(Urgency.COUNTING)
            with turn, self._guarded(workspace), self._flipping:
                self._worlds.advance(workspace, now, told)
                self._as_of[workspace] = now
        if up_to is None:
            with self._changed:
                up_to = self._worlds.newest
        while up_to is not None and (pending := self._oldest(up_to)) is not None:
            for workspace in pending.batches:
                turn = INTERPRETER.taken(Urgency.COUNTING)
                with turn, self._guarded(workspace), self._flipping:
                    self._worlds.take_in(workspace, pending, now, told)
            with self._changed:
                self._worlds.done(pending)
                self._changed.notify_all()
            self._note(pending.seq)

    def _note(self, seq: int) -> None:
        """Keep who is in the segments that are looked at: a batch is taken in."""
        for number, notes in self._noted:
            with self._flipping, self._changed:
                seen = self._seen_in(number, seq)
            if seen is None:
                notes.clear()  # nothing seen before holds any longer
            else:
                notes.append(seen)

    def _seen_in(self, number: int, seq: int) -> Noted | None:
        """Who is in by its rules; None while it is not worked out in memory."""
        segment = self._segments.get(number)
        if segment is None or segment.published is None or not segment.is_built:
            return None
        found = self._worlds.members(segment.workspace, number)
        if found is None or segment.published.version != segment.version:
            return None
        at = self._as_of[segment.workspace]
        return Noted(seq, at, segment.workspace, segment.plan, FrozenBitMap(found))

    def _oldest(self, up_to: int) -> Pending | None:
        with self._changed:
            return self._worlds.oldest(up_to)

    def _flipped(
        self,
        workspace: int,
        number: int,
        flips: Flips,
        when: tuple[int, Pending | None],
        *,
        exact: bool,
    ) -> Publication | None:
        """Somebody entered or left a segment in memory, at an instant, by a record or by time.

        Needs the engine's lock; the news is to be told.
        """
        segment = self._segments.get(number)
        count = self._worlds.size(workspace, number)
        if segment is None or segment.published is None or count is None:
            return None
        now, pending = when
        old = segment.published
        applied = old.applied if pending is None else pending.seq
        until = self._worlds.due(workspace)
        made = Standing(count, old.version, now, until, applied, exact)
        cause: Cause = "time"
        if pending is not None:
            change = pending.changes.get(workspace)
            cause = (cause_of(change, segment.reads) if change else None) or "contact"
        moves = Moves(few_or_frozen(flips.entered), few_or_frozen(flips.left))
        segment.published = made
        return Publication(number, workspace, old, made, cause, moves)

    # -------------------------------------------------------------- failing

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
            with self._flipping, self._changed:
                for number, segment in self._segments.items():
                    if segment.workspace == workspace and segment.in_memory:
                        self._keep_members(number, segment, error)
                        self._recount(number, segment)
                self._worlds.discard(workspace)

    def _keep_members(self, number: int, segment: Tracked, error: Exception) -> None:
        """Who is in serves on, where a world that is given up is whole."""
        published = segment.published
        found = self._worlds.members(segment.workspace, number)
        if isinstance(published, Standing) and isinstance(error, TooMuch) and found is not None:
            segment.published = with_members(published, FrozenBitMap(found))

    def _recount(self, number: int, segment: Tracked) -> None:
        """From now on a segment is computed from the columns. Needs the engine's lock."""
        segment.in_memory = segment.is_built = False
        segment.stale = True
        segment.needs = max(segment.needs, self._touched)  # it was that far
        self._recounted[number] = segment
        self._fresh.pop(number, None)
        self._changed.notify_all()

    # -------------------------------------------------------------- telling

    def _publish(
        self,
        number: int,
        segment: Tracked,
        published: Published,
        *,
        is_known: bool = True,
    ) -> None:
        """Tell of a segment that was computed, unless it is not the one that is followed any more.

        Args:
            number: which.
            segment: as it was taken up.
            published: what holds now.
            is_known: whether the membership before is what was told of it.
        """
        with self._changed:
            if self._segments.get(number) is not segment:
                return  # redefined or dropped meanwhile
            previous = segment.published
            segment.published = published
            self._changed.notify_all()
        cause = why(segment, previous, published)
        if not is_known or isinstance(previous, Standing):
            previous = None  # its members went with their world; the feed knows them
        self._on_published(Publication(number, segment.workspace, previous, published, cause))
