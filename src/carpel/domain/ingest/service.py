"""Taking records in: durable first, applied in order, and told when."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter

from carpel.domain.refusals import Overloaded
from carpel.storage.log import Appended, Log, LogFull

from . import records
from .ahead import Ahead
from .applier import Applier
from .intake import Intake
from .records import ErasureRecord, Once, Record
from .ticket import Sent, Through, Ticket, acknowledge, due, record_of, refuse, ticket_of

_log = logging.getLogger("carpel.ingest")

# Records are applied together up to this many bytes; more would make readers wait longer.
_BATCH_BYTES = 2 * 1024 * 1024
# With this much durable but not yet applied, more is refused until it is worked off.
_MOST_WAITING_BYTES = 512 * 1024 * 1024
# A batch costs the engine and the feed much that does not depend on its size. So after one that took a
# while what comes is left a moment to come together.
_LONG_APPLY_S = 0.02
_GATHERING_S = 0.05  # at most, from the beginning of the batch before
# The log is trimmed each time this much of it has been applied.
_TRIM_BYTES = 64 * 1024 * 1024
# So many batches may be in the people store before the columns have them.
_AHEAD = 64
# Handing over looks through the columns, however little it brings. After one that took long, and
# while more waits already, comes a rest of some times as long: what comes meanwhile goes over
# together.
_LONG_S = 0.03
_RESTS = 8
_LONGEST_REST_S = 2.0
# When nothing came for so long, the columns are tidied up.
_QUIET_S = 5.0


class Ingest:
    """The way in. Thread-safe."""

    def __init__(self, folder: Path, applier: Applier, trim: Callable[[], int]) -> None:
        """Open the log; `start` begins to apply.

        Args:
            folder: where the log lies.
            applier: applies its records.
            trim: makes what is applied durable in the stores; returns up to which record the log
                may forget.
        """
        self.intake = Intake()
        self._applier = applier
        self._trim = trim
        self._condition = threading.Condition()
        self._queue: deque[Appended] = deque()
        self._waiting_bytes = 0
        self._queued_bytes = 0  # of these, what applying has not begun with
        self._outstanding: dict[int, int] = {}  # number → when it was taken, in order
        self._untold: dict[int, int] = {}  # the same of those that the engine has not been told of
        self._untrimmed_bytes = 0
        self._closing = False
        self._hurried = 0  # who waits for the columns
        self._applying = threading.Lock()
        self._tidying = threading.Lock()
        self._failure: Exception | None = None
        self._log = Log(folder, self._on_durable)
        # Bounded, so that a slow column store slows the applying and not the memory.
        self._applied: queue.Queue[Through | None] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=self._run, name="carpel-apply", daemon=True)
        self._handing = threading.Thread(target=self._hand_over, name="carpel-hand", daemon=True)

    def start(self) -> None:
        """Finish what an earlier process left, then apply what comes."""
        self._applier.recover()
        for batch in self._left_over():
            applied = self._applier.apply([due(one) for one in batch])
            self._applier.hand_over([applied.told])
        self._thread.start()
        self._handing.start()

    def _left_over(self) -> Iterator[list[Appended]]:
        """Durable records that were not applied; no batch crosses where the columns are."""
        batch: list[Appended] = []
        size = 0
        for record in self._log.read_after(self._applier.applied):
            batch.append(record)
            size += len(record.body)
            if size >= _BATCH_BYTES or record.seq == self._applier.handed_over:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def submit(self, record: Record, ahead: Ahead | None = None) -> Ticket:
        """Log a record; with what it will ask of the people store, if that has been looked up.

        Raises:
            Overloaded: too much waits to be applied, or applying has stopped on an error. The
                ticket's `durable` raises it when the disk cannot take the record.
        """
        with self._condition:
            if self._failure is not None:
                raise Overloaded(
                    "not_applying", "no data can be taken in; the server's log says why"
                )
            if self._waiting_bytes > _MOST_WAITING_BYTES:
                raise Overloaded("too_much_waiting", "too much data waits to be applied; try again")
        ticket = Ticket()
        try:
            appended = self._log.append(records.encode(record), Sent(record, ticket, ahead))
        except LogFull as error:
            raise Overloaded("closing", str(error)) from None
        appended.add_done_callback(lambda done: acknowledge(done, ticket))
        return ticket

    def is_other(self, once: Once) -> bool:
        """Whether something else was taken in with this idempotency key."""
        return self._applier.is_other(once)

    @property
    def failure(self) -> Exception | None:
        """Why nothing is applied any more, or None."""
        return self._failure

    @property
    def waiting_bytes(self) -> int:
        """How much of the log is durable and waits to be applied."""
        with self._condition:
            return self._waiting_bytes

    @property
    def outstanding_since(self) -> int | None:
        """When the first durable record was taken that the columns do not have yet."""
        with self._condition:
            return next(iter(self._outstanding.values()), None)

    @property
    def queued_since(self) -> int | None:
        """When the first durable record was taken that applying has not begun with."""
        with self._condition:
            return record_of(self._queue[0]).at if self._queue else None

    @property
    def untold_since(self) -> int | None:
        """When the first durable record was taken that the engine has not been told of."""
        with self._condition:
            return next(iter(self._untold.values()), None)

    def is_applied(self, seq: int) -> bool:
        """Whether a record, and all before it, are in the stores and the engine."""
        with self._condition:
            return self._through(seq)

    def wait_applied(self, seq: int, timeout_s: float) -> bool:
        """Wait for that; False when the time is up first.

        Raises:
            Overloaded: nothing is applied any more.
        """
        done = self.wait(seq, timeout_s)
        if not done and self._failure is not None:
            raise Overloaded("not_applying", "the data is safe in the log but not applied")
        return done

    @property
    def last_seq(self) -> int:
        """The newest durable record."""
        return self._log.last_seq

    def wait(self, seq: int, timeout_s: float) -> bool:
        """Wait until columns and engine have all records up to one.

        False when time is up first, or when nothing is applied any more.
        """
        with self.hurrying(), self._condition:
            self._condition.wait_for(
                lambda: self._failure is not None or self._through(seq), timeout_s
            )
            return self._through(seq)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is applied meanwhile; what comes in is still logged and acknowledged."""
        with self._applying:
            with self.hurrying():
                self._applied.join()
            with self._tidying:
                yield

    @contextmanager
    def hurrying(self) -> Iterator[None]:
        """Somebody waits for the columns: handing over does not rest meanwhile."""
        with self._condition:
            self._hurried += 1
            self._condition.notify_all()
        try:
            yield
        finally:
            with self._condition:
                self._hurried -= 1

    def close(self) -> None:
        """Apply all that is durable, then stop."""
        self._log.close()
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._applied.put(None)
        if self._handing.is_alive():
            self._handing.join()
        if self._failure is None:
            self._forget()

    def _on_durable(self, batch: list[Appended]) -> None:
        for one in batch:
            self.intake.take(record_of(one))
        with self._condition:
            if self._failure is None:
                self._queue.extend(batch)
                size = sum(len(record.body) for record in batch)
                self._waiting_bytes += size
                self._queued_bytes += size
                taken = {one.seq: record_of(one).at for one in batch}
                self._outstanding.update(taken)
                self._untold.update(taken)
                self._condition.notify_all()
                return
        refuse(map(ticket_of, batch), self._failure)

    def _run(self) -> None:
        """Apply to the people store, batch after batch."""
        took: float | None = 0.0
        while took is not None:
            if took > _LONG_APPLY_S:
                self._rest(min(took, _GATHERING_S - took), self._has_much)
            took = self._apply(self._take())

    def _apply(self, batch: list[Appended]) -> float | None:
        """Apply a batch; returns how many seconds that took, None when it is the end of all.

        Nothing refers to the records after it: those of a second that wait for the columns would be
        what the next look for garbage goes through, for a tenth of a second.
        """
        begun = perf_counter()
        if not batch:
            return None
        try:
            with self._applying:
                seqs = [one.seq for one in batch]
                applied = self._applier.apply(
                    [due(one) for one in batch], lambda: self._note_told(seqs)
                )
                self._applied.put(Through(
                    applied.told, seqs, sum(len(record.body) for record in batch),
                    any(isinstance(record_of(one), ErasureRecord) for one in batch),
                    list(zip(map(ticket_of, batch), applied.results, strict=True)),
                ))  # fmt: skip
        except Exception as error:
            _log.exception("record %s of the log cannot be applied", batch[0].seq)
            self._stop(map(ticket_of, batch), error)
            return None
        for one, result in zip(batch, applied.results, strict=True):
            if ticket := ticket_of(one):
                ticket.stored.set_result(result)
        return perf_counter() - begun

    def _note_told(self, seqs: Sequence[int]) -> None:
        with self._condition:
            for seq in seqs:
                del self._untold[seq]

    def _hand_over(self) -> None:
        """Hand over to the columns, while the next batches are being applied."""
        while items := self._handed():
            begun = perf_counter()
            try:
                if self._failure is None:
                    self._applier.hand_over([one.told for one in items])
                for one in items:
                    if self._failure is None:
                        self._settle(one)
                    else:
                        refuse((ticket for ticket, _ in one.results), self._failure)
            except Exception as error:
                _log.exception("record %s of the log cannot be handed over", items[0].seqs[0])
                self._stop((ticket for one in items for ticket, _ in one.results), error)
            finally:
                for _ in items:
                    self._applied.task_done()
            took = perf_counter() - begun
            if took > _LONG_S and not self._applied.empty():
                self._rest(min(_RESTS * took, _LONGEST_REST_S))

    def _has_much(self) -> bool:
        return self._queued_bytes >= _BATCH_BYTES

    def _rest(self, seconds: float, is_over: Callable[[], bool] = lambda: False) -> None:
        """Do nothing for so long, unless somebody waits, or something else says that it is over."""
        with self._condition:
            self._condition.wait_for(
                lambda: self._closing or self._hurried > 0 or is_over(), seconds
            )

    def _handed(self) -> list[Through]:
        """What has been applied and waits for the columns; empty only when closing."""
        items: list[Through] = []
        with suppress(queue.Empty):
            while (item := self._applied.get_nowait() if items else self._first()) is not None:
                items.append(item)
            self._applied.put(None)  # for the next time
            self._applied.task_done()
        return items

    def _first(self) -> Through | None:
        """The next that waits for the columns; these are tidied up when nothing comes for a while."""
        with suppress(queue.Empty):
            return self._applied.get(timeout=_QUIET_S)
        try:
            with self._tidying:
                self._applier.tidy()
        except Exception:
            _log.exception("the columns cannot be tidied up")
        return self._applied.get()

    def _settle(self, done: Through) -> None:
        """A batch is through: tell who waits, and trim the log now and then."""
        with self._condition:
            self._waiting_bytes -= done.size
            for seq in done.seqs:
                del self._outstanding[seq]
            self._condition.notify_all()
        for ticket, result in done.results:
            if ticket is not None:
                ticket.applied.set_result(result)
        self._untrimmed_bytes += done.size
        if done.erases:
            self._log.roll()  # the log must not remember either
            self._forget()
        elif self._untrimmed_bytes >= _TRIM_BYTES:
            self._forget()

    def _through(self, seq: int) -> bool:
        return next(iter(self._outstanding), seq + 1) > seq

    def _take(self) -> list[Appended]:
        """What waits, up to a batch's size; empty only when closing."""
        with self._condition:
            while not self._queue and not self._closing and self._failure is None:
                self._condition.wait()
        self._applier.await_room()
        with self._condition:
            batch: list[Appended] = []
            size = 0
            while self._queue and size < _BATCH_BYTES and self._failure is None:
                batch.append(self._queue.popleft())
                size += len(batch[-1].body)
            self._queued_bytes -= size
            return batch

    def _forget(self) -> None:
        self._log.drop_through(self._trim())
        self._untrimmed_bytes = 0

    def _stop(self, tickets: Iterable[Ticket | None], error: Exception) -> None:
        """Nothing more is applied; what is durable stays in the log for a later Carpel."""
        with self._condition:
            self._failure = error
            left = [*tickets, *map(ticket_of, self._queue)]
            self._queue.clear()
            self._queued_bytes = 0
            self._condition.notify_all()
        refuse(left, error)
