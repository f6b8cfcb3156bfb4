"""Taking records in: durable first, applied in order, and told when."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from carpel.domain.refusals import Overloaded
from carpel.storage.log import Appended, Log, LogFull

from . import records
from .applier import Applier
from .records import Record
from .results import ApplyResult

_log = logging.getLogger("carpel.ingest")

# Records are applied together up to this many bytes; more would make readers wait longer.
_BATCH_BYTES = 8 * 1024 * 1024
# With this much durable but not yet applied, more is refused until it is worked off.
_MOST_WAITING_BYTES = 512 * 1024 * 1024
# The log is trimmed each time this much of it has been applied.
_TRIM_BYTES = 64 * 1024 * 1024


@dataclass
class Ticket:
    """What a submitter can wait for: the number once durable, and the result once applied."""

    record: Record
    durable: Future[int] = field(default_factory=Future)
    applied: Future[ApplyResult] = field(default_factory=Future)


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
        self._applier = applier
        self._trim = trim
        self._condition = threading.Condition()
        self._queue: deque[Appended] = deque()
        self._waiting_bytes = 0
        self._untrimmed_bytes = 0
        self._closing = False
        self._applying = threading.Lock()
        self._failure: Exception | None = None
        self._log = Log(folder, self._on_durable)
        self._thread = threading.Thread(target=self._run, name="carpel-apply", daemon=True)

    def start(self) -> None:
        """Finish what an earlier process left, then apply what comes."""
        self._applier.recover()
        pending: list[Appended] = []
        for record in self._log.read_after(self._applier.applied):
            pending.append(record)
            if sum(len(one.body) for one in pending) >= _BATCH_BYTES:
                self._apply(pending)
                pending = []
        if pending:
            self._apply(pending)
        self._thread.start()

    def submit(self, record: Record) -> Ticket:
        """Log a record.

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
        ticket = Ticket(record)
        try:
            appended = self._log.append(records.encode(record), ticket)
        except LogFull as error:
            raise Overloaded("closing", str(error)) from None
        appended.add_done_callback(lambda done: _acknowledge(done, ticket))
        return ticket

    @property
    def failure(self) -> Exception | None:
        """Why nothing is applied any more, or None."""
        return self._failure

    @property
    def last_seq(self) -> int:
        """The newest durable record."""
        return self._log.last_seq

    @property
    def applied(self) -> int:
        """The newest record that stores and engine have."""
        return self._applier.applied

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is applied meanwhile; what comes in is still logged and acknowledged."""
        with self._applying:
            yield

    def close(self) -> None:
        """Apply all that is durable, then stop."""
        self._log.close()
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        if self._failure is None:
            self._forget()

    def _on_durable(self, batch: list[Appended]) -> None:
        with self._condition:
            if self._failure is None:
                self._queue.extend(batch)
                self._waiting_bytes += sum(len(record.body) for record in batch)
                self._condition.notify_all()
                return
        _tell(batch, self._failure)

    def _run(self) -> None:
        while batch := self._take():
            try:
                self._apply(batch)
            except Exception as error:
                _log.exception("record %s of the log cannot be applied", batch[0].seq)
                self._stop(batch, error)
                return

    def _take(self) -> list[Appended]:
        """What waits, up to a batch's size; empty only when closing."""
        with self._condition:
            while not self._queue and not self._closing:
                self._condition.wait()
            batch: list[Appended] = []
            size = 0
            while self._queue and size < _BATCH_BYTES:
                batch.append(self._queue.popleft())
                size += len(batch[-1].body)
            return batch

    def _apply(self, batch: list[Appended]) -> None:
        decoded = [(record.seq, _record_of(record)) for record in batch]
        with self._applying:
            results = self._applier.apply(decoded)
        size = sum(len(record.body) for record in batch)
        with self._condition:
            self._waiting_bytes = max(0, self._waiting_bytes - size)
        for record, result in zip(batch, results, strict=True):
            if isinstance(record.tag, Ticket):
                record.tag.applied.set_result(result)
        self._untrimmed_bytes += size
        if self._untrimmed_bytes >= _TRIM_BYTES:
            self._forget()

    def _forget(self) -> None:
        self._log.drop_through(self._trim())
        self._untrimmed_bytes = 0

    def _stop(self, batch: list[Appended], error: Exception) -> None:
        """Nothing more is applied; what is durable stays in the log for a later Carpel."""
        with self._condition:
            self._failure = error
            left = [*batch, *self._queue]
            self._queue.clear()
        _tell(left, error)


def _record_of(appended: Appended) -> Record:
    """What was logged; decoded only when it comes from an earlier process."""
    if isinstance(appended.tag, Ticket):
        return appended.tag.record
    return records.decode(appended.body)


def _acknowledge(done: Future[int], ticket: Ticket) -> None:
    error = done.exception()
    if error is None:
        ticket.durable.set_result(done.result())
    else:
        ticket.durable.set_exception(Overloaded("log_full", str(error)))


def _tell(batch: list[Appended], error: Exception | None) -> None:
    """Whoever waits for these hears that they are durable but cannot be applied."""
    refusal = Overloaded("not_applying", "the data is safe in the log but cannot be applied")
    refusal.__cause__ = error
    for record in batch:
        if isinstance(record.tag, Ticket):
            record.tag.applied.set_exception(refusal)
