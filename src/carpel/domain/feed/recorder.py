"""The feed's one writer: publications queue up here, and many share a commit.

The engine hands a publication over and goes on; only when the disk is far behind does it wait.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, thread_time

import msgspec
from pyroaring import BitMap

from carpel.engine.publication import Published, Standing
from carpel.kit.clock import MINUTE, SECOND, Clock
from carpel.kit.turns import INTERPRETER, Urgency
from carpel.storage.feed import FeedStore

from .ledger import Ledger, Moved, told_apart
from .movers import weight
from .upkeep import Upkeep

_log = logging.getLogger("carpel.feed")

# With so many publications not yet on disk, or so much memory for them, the engine waits.
_MOST_QUEUED = 100_000
_MOST_BYTES = 256 << 20
_MOST_TOGETHER = 10_000
# After so many publications, a millisecond's work, the writer looks whether somebody wants its turn; after
# each, it would wait for every one of the engine's, which can be as short.
_BETWEEN_TURNS = 64
_ITEM = 600  # bytes of one publication, without its bitmaps
_RESTS = 15  # times as long as a piece of upkeep computed
# A batch of data moves people in hundreds of segments, told one after the other: beside a stream of
# them they are given a moment to come together, not each few a commit of their own. A commit writes
# the pages of all segments that it has anything of, however little: if that takes long, a longer one.
_STREAM_S = 0.5
_GATHERING_S = 0.03
_GATHERING_TIMES = 2  # as long as the last commit took
_LONGEST_GATHERING_S = 0.1
# Of so many publications of a segment it is known where in the feed they stand.
_POSITIONS_KEPT = 16

Moment = tuple[int, int, int]


def moment_of(published: Standing | Published) -> Moment:
    """What tells a publication of a segment from its others."""
    return published.version, published.at, published.applied


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """A publication to write down, and its moment."""

    moved: Moved
    moment: Moment


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


def weight_of(item: Item) -> int:
    """About how many bytes of memory something queued takes."""
    if not isinstance(item, Recorded):
        return _ITEM
    return _ITEM + weight(item.moved.entered) + weight(item.moved.left)


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
        self._on_durable = on_durable
        self._changed = threading.Condition()
        self._queue: deque[Item] = deque()
        self._queued_bytes = 0
        self._taken = 0
        self._written = 0
        self._wanted = 0  # up to here somebody waits, or waited
        self._last_write_s = 0.0  # when it was done
        self._last_took_s = 0.0
        self._closing = False
        self._written_at = 0
        self._to_scrub = False  # whether somebody was erased
        self._rest_until = 0  # from what is not urgent
        self._upkeep = Upkeep(clock, keep_us)
        self._positions: dict[int, OrderedDict[Moment, int]] = {}
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
        if self._is_full():
            with INTERPRETER.aside():
                self._await_room()
        with self._changed:
            self._queue.append(item)
            self._queued_bytes += weight_of(item)
            self._taken += 1
            if len(self._queue) == 1 or self._is_full():  # others wake nobody
                self._changed.notify_all()

    def _await_room(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing or not self._is_full())

    def _is_full(self) -> bool:
        return len(self._queue) >= _MOST_QUEUED or self._queued_bytes >= _MOST_BYTES

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until all that was handed over so far is durable; False when the time is up."""
        with INTERPRETER.aside(), self._changed:
            wanted = self._wanted = self._taken
            self._changed.notify_all()
            return self._changed.wait_for(
                lambda: self._written >= wanted or self._closing, timeout_s
            )

    def position(self, segment: int, published: Standing | Published) -> int | None:
        """The number of the newest change when this publication was written.

        None: it is not, or was long ago.
        """
        with self._changed:
            known = self._positions.get(segment)
            return known.get(moment_of(published)) if known is not None else None

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
                self._gather()
                batch = [
                    self._queue.popleft() for _ in range(min(len(self._queue), _MOST_TOGETHER))
                ]
                self._queued_bytes -= sum(map(weight_of, batch))
                if not batch and self._closing:
                    return
            if batch and not self._insist_on(batch):
                return
            if self._has_work():
                self._keep_up()

    def _gather(self) -> None:
        """Leave what comes in the next moment time to be written together; needs the lock."""
        if self._queue and perf_counter() < self._last_write_s + _STREAM_S:
            wished = max(_GATHERING_S, _GATHERING_TIMES * self._last_took_s)
            self._changed.wait_for(
                lambda: self._wanted > self._written or self._closing or self._is_full(),
                min(wished, _LONGEST_GATHERING_S),
            )

    def _insist_on(self, batch: list[Item]) -> bool:
        """Write a batch, again and again while the disk refuses; False when closing meanwhile."""
        while True:
            try:
                self._publish(batch)
            except Exception as error:
                if self._failure is None:
                    _log.exception("changes of membership cannot be written; trying again")
                with self._changed:
                    self._failure = error
                    if self._closing:
                        return False
                    self._clock.wait(self._changed, self._clock.now() + SECOND)
            else:
                return True

    def _publish(self, batch: list[Item]) -> None:
        """Write a batch, and let it be known."""
        begun = perf_counter()
        positions = self._write(batch)
        with self._changed:
            self._failure = None
            self._written_at = self._clock.now()
            self._last_write_s = perf_counter()
            self._last_took_s = self._last_write_s - begun
            for segment, moment, position in positions:
                self._remember(segment, moment, position)
            self._written += len(batch)
            self._to_scrub |= any(isinstance(item, Erased) for item in batch)
            self._changed.notify_all()
        self._on_durable()

    def _keep_up(self) -> None:
        """Do a piece of what is not urgent; nobody waits for it when the disk refuses.

        Beside a stream of changes comes a rest after it: many segments have much to fold at once.
        """
        begun, used = self._clock.now(), thread_time()
        try:
            if self._to_scrub:
                self._to_scrub = not self._store.scrub()
            with self._store.write() as connection:
                self._upkeep.step(connection, self._written_at)
            if not self._upkeep.is_quiet(self._written_at):
                # By its own computing, which others hold up: or the more there is to do, the less is done.
                # But a clock that is stepped has not moved.
                now, took = self._clock.now(), int((thread_time() - used) * SECOND)
                self._rest_until = now + _RESTS * min(now - begun, took)
        except Exception:
            _log.exception("changes of membership cannot be folded or pruned; trying again")
            self._rest_until = self._clock.now() + MINUTE

    def _next_work(self) -> int | None:
        due = 0 if self._to_scrub else self._upkeep.next(self._written_at)
        return None if due is None else max(due, self._rest_until)

    def _has_work(self) -> bool:
        due = self._next_work()
        return due is not None and self._clock.now() >= due

    def _write(self, batch: list[Item]) -> list[tuple[int, Moment, int]]:
        """Returns segment, publication and newest change of all that was published."""
        positions: list[tuple[int, Moment, int]] = []
        with self._store.write() as connection:
            ledger = Ledger(connection, self._upkeep.unfolded)
            with INTERPRETER.taken(Urgency.TELLING):
                parts = told_apart([item.moved for item in batch if isinstance(item, Recorded)])
                for place, item in enumerate(batch):
                    if place % _BETWEEN_TURNS == 0:
                        INTERPRETER.give_way()
                    match item:
                        case Recorded(moved, moment):
                            last = ledger.record(moved, next(parts))
                            positions.append((moved.segment, moment, last))
                        case Erased(workspace, numbers, seq, at):
                            with INTERPRETER.aside():  # it looks through much of the file
                                ledger.erase(workspace, numbers, seq, at)
                        case Forgotten(segment):
                            self._upkeep.forget(segment)
            ledger.flush()
        return positions

    def _remember(self, segment: int, moment: Moment, position: int) -> None:
        known = self._positions.setdefault(segment, OrderedDict())
        known[moment] = position
        if len(known) > _POSITIONS_KEPT:
            known.popitem(last=False)
