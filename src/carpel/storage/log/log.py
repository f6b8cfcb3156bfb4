"""A log of numbered records with group commit: many appends, one flush to disk."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from .frames import LogDamaged, frame, read_frames

_FILE_BYTES = 64 * 1024 * 1024
_BATCH_BYTES = 8 * 1024 * 1024


class LogFull(Exception):
    """The log could not be written, as when the disk is full; nothing was acknowledged."""


@dataclass(frozen=True)
class Appended:
    """A record that is on disk, with what its appender wanted carried along (not stored)."""

    seq: int
    body: bytes
    tag: object = None


@dataclass(frozen=True)
class _Waiting:
    body: bytes | None  # None asks for a new file
    tag: object
    done: Future[int]


class Log:
    """Append-only files of records. Thread-safe; one writer thread does all the writing."""

    def __init__(self, folder: Path, on_durable: Callable[[list[Appended]], None]) -> None:
        """Open the log, cutting off a torn record at its very end (it was never acknowledged).

        Args:
            folder: where the files lie; made when missing.
            on_durable: told of each batch right after it is on disk, in order, before the
                appenders are; called on the writer thread.

        Raises:
            LogDamaged: a record before the end is unreadable.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._on_durable = on_durable
        self._condition = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._closing = False
        self._next = _mend(folder) + 1
        self._stream, self._size = _open_last(folder, self._next)
        self._thread = threading.Thread(target=self._write, name="carpel-log", daemon=True)
        self._thread.start()

    @property
    def last_seq(self) -> int:
        """The number of the newest record, 0 when there has been none."""
        with self._condition:
            return self._next - 1

    def append(self, body: bytes, tag: object = None) -> Future[int]:
        """Queue a record; the future gives its number once it is on disk.

        Raises:
            LogFull: the log is closed. The future raises it when the record cannot be written.
        """
        done: Future[int] = Future()
        with self._condition:
            if self._closing:
                raise LogFull("the log is closed")
            self._waiting.append(_Waiting(body, tag, done))
            self._condition.notify()
        return done

    def roll(self) -> None:
        """Begin a new file, so that the one before can be dropped as soon as it is applied."""
        done: Future[int] = Future()
        with self._condition:
            if self._closing:
                return
            self._waiting.append(_Waiting(None, None, done))
            self._condition.notify()
        done.result()

    def read_after(self, seq: int) -> Iterator[Appended]:
        """The durable records with larger numbers, in order."""
        files = _files(self._folder)
        for place, file in enumerate(files):
            following = files[place + 1] if place + 1 < len(files) else None
            if following is not None and _first_of(following) <= seq + 1:
                continue
            for number, body, _ in read_frames(file):
                if number > seq:
                    yield Appended(number, body)

    def drop_through(self, seq: int) -> None:
        """Delete files whose every record has a number up to `seq`; the stores hold them now."""
        files = _files(self._folder)
        for file, following in pairwise(files):
            if _first_of(following) <= seq + 1:
                file.unlink()

    def close(self) -> None:
        """Write what is queued, then stop."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()
        os.close(self._stream)

    def _write(self) -> None:
        while batch := self._take():
            self._commit(batch)

    def _take(self) -> list[_Waiting]:
        """All that waits, up to a batch's size; empty only when closing."""
        with self._condition:
            while not self._waiting and not self._closing:
                self._condition.wait()
            size = count = 0
            for waiting in self._waiting:
                count += 1
                size += len(waiting.body or b"")
                if size >= _BATCH_BYTES or waiting.body is None:
                    break
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
            return batch

    def _commit(self, batch: list[_Waiting]) -> None:
        records = [
            Appended(self._next + place, waiting.body, waiting.tag)
            for place, waiting in enumerate(batch)
            if waiting.body is not None  # only the last can be None
        ]
        try:
            self._put(b"".join(frame(record.seq, record.body) for record in records))
            if len(records) < len(batch):
                self._roll(self._next + len(records))
        except OSError as error:
            for waiting in batch:
                waiting.done.set_exception(LogFull(f"cannot write the log: {error.strerror}"))
            return
        with self._condition:
            self._next += len(records)
        if records:
            self._on_durable(records)
        for place, waiting in enumerate(batch):
            waiting.done.set_result(records[place].seq if place < len(records) else 0)

    def _put(self, data: bytes) -> None:
        if self._size >= _FILE_BYTES:
            self._roll(self._next)
        if not data:
            return
        try:
            _write_all(self._stream, data)
            os.fdatasync(self._stream)
        except OSError:
            # Half a batch may be in the file: cut it off, or it would come back after a restart.
            os.ftruncate(self._stream, self._size)
            os.lseek(self._stream, self._size, os.SEEK_SET)
            raise
        self._size += len(data)

    def _roll(self, first_seq: int) -> None:
        if self._size == 0:
            return
        stream, size = _open_new(self._folder, first_seq)
        os.close(self._stream)
        self._stream, self._size = stream, size


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.log"))


def _first_of(file: Path) -> int:
    return int(file.stem)


def _mend(folder: Path) -> int:
    """Check every file, cut a torn tail off the last one; the number of the newest record."""
    last = 0
    files = _files(folder)
    for file in files:
        end = 0
        last = max(last, _first_of(file) - 1)
        for number, _, offset in read_frames(file):
            if number != last + 1:
                raise LogDamaged(f"{file}: record {number} follows {last}")
            last, end = number, offset
        if end < file.stat().st_size:
            if file != files[-1]:
                raise LogDamaged(f"{file}: unreadable after byte {end}, and newer records follow")
            os.truncate(file, end)
    return last


def _open_last(folder: Path, next_seq: int) -> tuple[int, int]:
    files = _files(folder)
    if not files:
        return _open_new(folder, next_seq)
    stream = os.open(files[-1], os.O_WRONLY | os.O_CLOEXEC)
    return stream, os.lseek(stream, 0, os.SEEK_END)


def _open_new(folder: Path, first_seq: int) -> tuple[int, int]:
    file = folder / f"{first_seq:020d}.log"
    stream = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)  # the new name itself has to survive
    finally:
        os.close(handle)
    return stream, os.lseek(stream, 0, os.SEEK_END)


def _write_all(stream: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(stream, view) :]
