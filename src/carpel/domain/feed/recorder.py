"""The feed's one writer: publications queue up here, and many share a commit.

The engine hands a publication over and goes on; only when the disk is far behind does it wait.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from pyroaring import BitMap

from carpel.engine.publication import Published, Standing
from carpel.kit.clock import HOUR, SECOND, Clock
from carpel.storage.feed import FeedStore

from .ledger import MANY_UNFOLDED, Ledger, Moved

_log = logging.getLogger("carpel.feed")

# With so many publications not yet on disk, the engine waits.
_MOST_QUEUED = 100_000
_MOST_TOGETHER = 1_000
_QUIET = SECOND  # without changes, before what can wait is done
_PRUNE_EVERY = HOUR
# Of so many publications of a segment it is known where in the feed they stand.
_POSITIONS_KEPT = 16

_Moment = tuple[int, int, int]


@dataclass(frozen=True)
class Recorded:
    """A publication to write down."""

    moved: Moved
    published: Standing | Published


@dataclass(frozen=True)
class Erased:
    """Contacts to be forgotten, by the log's record."""

    workspace: int
    numbers: BitMap
    seq: int
    at: int


@dataclass(frozen=True)
class Forgotten:
    """A segment to be forgotten."""

    segment: int


Item = Recorded | Erased | Forgotten


class Recorder:
    """Writes what is handed over, in order. Thread-safe."""

    def __init__(
        self, store: FeedStore, clock: Clock, keep_us: int | None, on_durable: Callable[[], None]
    ) -> None:
        """Begin; `start` starts the writer.

        Args:
            store: where to.
            clock: what time it is.
            keep_us: how long blocks are kept, None for ever.
            on_durable: told, on the writer's thread, that there is more to read.
        """
        self._store = store
        self._clock = clock
        self._keep_us = keep_us
        self._on_durable = on_durable
        self._changed = threading.Condition()
        self._queue: deque[Item] = deque()
        self._taken = 0
        self._written = 0
        self._closing = False
        self._pruned_at: int | None = None
        self._written_at = 0
        self._unfolded: dict[int, int] = {}
        self._positions: dict[int, OrderedDict[_Moment, int]] = {}
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="carpel-feed", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def failure(self) -> Exception | None:
        """Why nothing can be written at present, or None."""
        return self._failure

    def hand_over(self, item: Item) -> None:
        """Queue something; waits only when far too much is queued."""
        with self._changed:
            while len(self._queue) >= _MOST_QUEUED and not self._closing:
                self._changed.wait()
            self._queue.append(item)
            self._taken += 1
            self._changed.notify_all()

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until all that was handed over so far is durable; False when the time is up."""
        with self._changed:
            wanted = self._taken
            return self._changed.wait_for(
                lambda: self._written >= wanted or self._closing, timeout_s
            )

    def position(self, segment: int, published: Standing | Published) -> int | None:
        """The number of the newest change when this publication was written.

        None: it is not, or was long ago.
        """
        with self._changed:
            known = self._positions.get(segment)
            return known.get(_moment(published)) if known is not None else None

    def close(self) -> None:
        """Write what is queued, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    # ------------------------------------------------------------------ writing

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closing and not self._has_work():
                    self._clock.wait(self._changed, self._next_work())
                batch = [
                    self._queue.popleft() for _ in range(min(len(self._queue), _MOST_TOGETHER))
                ]
                if not batch and self._closing:
                    return
            if not self._try_to(batch):
                return

    def _try_to(self, batch: list[Item]) -> bool:
        """Write a batch, again and again while the disk refuses; False when closing meanwhile."""
        positions: list[tuple[int, _Moment, int]] | None = None
        while positions is None:
            try:
                positions = self._write(batch)
            except Exception as error:
                if self._failure is None:
                    _log.exception("changes of membership cannot be written; trying again")
                with self._changed:
                    self._failure = error
                    if self._closing:
                        return False
                    self._clock.wait(self._changed, self._clock.now() + SECOND)
        with self._changed:
            self._failure = None
            for segment, moment, position in positions:
                self._remember(segment, moment, position)
            self._written += len(batch)
            self._changed.notify_all()
        self._on_durable()
        return True

    def _write(self, batch: list[Item]) -> list[tuple[int, _Moment, int]]:
        """Returns segment, publication and newest change of all that was published."""
        positions: list[tuple[int, _Moment, int]] = []
        with self._store.write() as connection:
            ledger = Ledger(connection, self._unfolded)
            for item in batch:
                match item:
                    case Recorded(moved, published):
                        place = ledger.record(moved)
                        positions.append((moved.segment, _moment(published), place))
                    case Erased(workspace, numbers, seq, at):
                        ledger.erase(workspace, numbers, seq, at)
                    case Forgotten(segment):
                        ledger.forget(segment)
            if self._is_time_to_prune() and self._keep_us is not None:
                self._pruned_at = self._clock.now()
                ledger.prune(self._pruned_at - self._keep_us)
            crowded = self._crowded()
            if not batch and crowded is not None:
                ledger.fold(crowded)
            ledger.flush()
        if batch:
            self._written_at = self._clock.now()
        return positions

    def _crowded(self) -> int | None:
        """A segment whose blocks are to be folded when there is time."""
        return next((one for one, n in self._unfolded.items() if n >= MANY_UNFOLDED), None)

    def _has_work(self) -> bool:
        due = self._next_work()
        return due is not None and self._clock.now() >= due

    def _next_work(self) -> int | None:
        """When it is time to prune, or quiet enough to fold."""
        dues = [self._next_pruning()]
        if self._crowded() is not None:
            dues.append(self._written_at + _QUIET)
        return min((due for due in dues if due is not None), default=None)

    def _remember(self, segment: int, moment: _Moment, position: int) -> None:
        known = self._positions.setdefault(segment, OrderedDict())
        known[moment] = position
        if len(known) > _POSITIONS_KEPT:
            known.popitem(last=False)

    def _next_pruning(self) -> int | None:
        if self._keep_us is None:
            return None
        return 0 if self._pruned_at is None else self._pruned_at + _PRUNE_EVERY

    def _is_time_to_prune(self) -> bool:
        due = self._next_pruning()
        return due is not None and self._clock.now() >= due


def _moment(published: Standing | Published) -> _Moment:
    """What tells a publication of a segment from its others."""
    return published.version, published.at, published.applied
