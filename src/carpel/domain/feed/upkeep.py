"""What the feed's writer does beside writing: folding, merging, pruning, and what a deleted segment
leaves; a piece at a time.

No piece is large, so that publications never wait long for one.
"""

from __future__ import annotations

import sqlite3
from itertools import takewhile

from carpel.domain.history.repository import HistoryRepository
from carpel.kit.clock import HOUR, MINUTE, SECOND, Clock

from .folding import Folding
from .repository import FeedRepository

# So many blocks of a segment are looked through one by one; then they are folded when it is quiet,
# and beside a stream of changes when there are far too many: a start without a snapshot reads them all.
_MANY_UNFOLDED = 500
_FAR_TOO_MANY = 2_000
_QUIET = SECOND  # without changes, before what can wait is done
_PRUNE_EVERY = HOUR
# A piece ends when it has rewritten so many contacts, or looked at so many blocks or runs to be forgotten.
_PIECE = 200_000
_PIECE_BESIDE = 40_000  # a stream of changes
_BLOCKS = 2_000
_RUNS = 100
_SEGMENTS = 50
_COUNT_AFTER = MINUTE  # from a start, which has enough to do


class Upkeep:
    """Knows what is to be done, and does it. Used by the writer's thread alone."""

    def __init__(self, clock: Clock, keep_us: int | None) -> None:
        """Args: keep_us: how long blocks are kept, None for ever."""
        self._clock = clock
        self._keep_us = keep_us
        self.unfolded: dict[int, int] = {}  # blocks beside its runs, of each segment
        self._grown: dict[int, set[int]] = {}  # parts that have new runs, of each segment
        self._forgotten: dict[int, None] = {}  # deleted segments that have something left
        self._pruned_at: int | None = None
        self._older_than: int | None = None  # what is being forgotten
        # Segments of which an earlier process may have left much; None before they are looked for.
        self._uncounted: list[int] | None = None
        self._count_at = clock.now() + _COUNT_AFTER

    def forget(self, segment: int) -> None:
        """A segment is deleted: all that is kept of it goes. A new process has to be told again."""
        self._forgotten[segment] = None

    def next(self, written_at: int) -> int | None:
        """When there is something to do, when nothing is written any more since an instant."""
        pressing = self._forgotten or self._grown or self._uncounted or self._older_than is not None
        if pressing or self._crowded(_FAR_TOO_MANY) is not None:
            return 0
        dues = [] if self._crowded(_MANY_UNFOLDED) is None else [written_at + _QUIET]
        if self._uncounted is None:
            dues.append(self._count_at)
        if self._keep_us is not None:
            dues.append(0 if self._pruned_at is None else self._pruned_at + _PRUNE_EVERY)
        return min(dues, default=None)

    def is_quiet(self, written_at: int) -> bool:
        """Whether nothing is written any more since an instant that is long enough ago."""
        return self._clock.now() >= written_at + _QUIET

    def step(self, connection: sqlite3.Connection, written_at: int) -> None:
        """Do a piece of it, inside a transaction; all that can wait when it is quiet since an instant."""
        quiet = self.is_quiet(written_at)
        many, piece = (_MANY_UNFOLDED, _PIECE) if quiet else (_FAR_TOO_MANY, _PIECE_BESIDE)
        tables = FeedRepository(connection)
        if self._forgotten:
            self._forget_some(tables, HistoryRepository(connection))
            return
        if self._uncounted is None and self._clock.now() >= self._count_at:
            self._uncounted = list(tables.segments())
        if self._uncounted:
            self._count_some(tables, self._uncounted)
            return
        folding = Folding(tables, self.unfolded)
        if self._keep_us is not None and self._older_than is None:
            now = self._clock.now()
            if self._pruned_at is None or now >= self._pruned_at + _PRUNE_EVERY:
                self._pruned_at, self._older_than = now, now - self._keep_us
        while folding.work < piece:
            crowded = self._crowded(many)
            if self._grown:
                self._merge(folding)
            elif crowded is not None:
                self._fold(folding, crowded)
            else:
                break
        if self._older_than is not None and folding.work < _PIECE:
            pruned = [
                self._prune(tables, folding, workspace, last, self._older_than)
                for workspace, last in tables.all_progress().items()
            ]
            if all(pruned):
                self._older_than = None

    def _forget_some(self, tables: FeedRepository, history: HistoryRepository) -> None:
        segment = next(iter(self._forgotten))
        self.unfolded.pop(segment, None)
        self._grown.pop(segment, None)
        if tables.forget_some(segment, _BLOCKS, _RUNS):
            history.forget(segment)
            del self._forgotten[segment]

    def _count_some(self, tables: FeedRepository, left: list[int]) -> None:
        """What an earlier process did not fold is folded, though nothing is written of it any more."""
        for segment in left[:_SEGMENTS]:
            if segment not in self.unfolded:
                self.unfolded[segment] = tables.unfolded(segment)
        del left[:_SEGMENTS]

    def _merge(self, folding: Folding) -> None:
        segment, parts = next(iter(self._grown.items()))
        folding.merge(segment, parts.pop())
        if not parts:
            del self._grown[segment]

    def _fold(self, folding: Folding, segment: int) -> None:
        parts = folding.fold(segment)
        if parts:
            self._grown.setdefault(segment, set()).update(parts)

    def _prune(
        self, tables: FeedRepository, folding: Folding, workspace: int, last: int, older_than: int
    ) -> bool:
        """Forget some blocks before an instant, once they are folded; whether none are left."""
        oldest = tables.oldest(workspace, _BLOCKS)
        old = list(takewhile(lambda row: row[2] < older_than, oldest))
        ends = {segment: first for first, segment, _ in old}
        for segment, end in ends.items():
            while (stored := tables.stored(segment)) is not None and stored.folded < end:
                if folding.work >= _PIECE:
                    return False
                self._fold(folding, segment)
        if old:
            tables.drop_before(workspace, old[-1][0] + 1)
        kept = tables.first_kept(workspace)
        tables.set_forgotten(workspace, last if kept is None else kept - 1)
        return len(old) < _BLOCKS

    def _crowded(self, blocks: int) -> int | None:
        """A segment that has so many blocks to be folded."""
        return next((one for one, n in self.unfolded.items() if n >= blocks), None)
