"""What a large directory's server has at hand before anybody asks: people in memory, and helpers."""

from __future__ import annotations

import logging
import mmap
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carpel.engine.live import Engine
from carpel.kit.background import Background
from carpel.kit.clock import MINUTE, SECOND, Clock
from carpel.kit.priority import step_back
from carpel.kit.processes import Helpers

_log = logging.getLogger("carpel.app")

_PATIENCE = MINUTE
# Looking at a page again costs 0.1 microseconds.
_EVERY = 10 * SECOND
_PIECE = 8 * 1024 * 1024
# A people store of so many bytes has some hundred thousand contacts: large bodies are to be expected.
_LARGE = 32 * 1024 * 1024
# What the file gains is mapped beside the rest; after so many times all is mapped anew.
_MOST_MAPPINGS = 64


class Warming:
    """Reads a file from end to end, maps it and looks at each page now and then, if memory has room.

    At ten million contacts a look-up in a cold B-tree waits for the disk several times, and a minute
    goes by until most of it has been read so. Under load such waits are long: behind everything that is
    being written. Some systems take from the cache what nobody looked at for half a minute, even while
    memory is free, and reading a file is no looking for them, only a mapping is. So the process's
    resident memory includes the file; it is the system's cache, which takes it back when it needs it.

    A helper takes a second of a processor to begin. The first large bodies would have to share that
    with it, and with what it is to do for them.
    """

    def __init__(self, file: Path, clock: Clock, engine: Engine, helpers: Helpers) -> None:
        self._file = file
        self._clock = clock
        self._engine = engine
        self._helpers = helpers
        self._background = Background("carpel-warm")
        self._mapped: list[NDArray[np.uint8]] = []  # one behind the other

    def start(self) -> None:
        self._background.start(self._run)

    def close(self) -> None:
        self._background.close()

    def _run(self) -> None:
        # A snapshot needs the disk for itself; a build, which takes longer, needs the processors.
        goes_on = self._until_built(self._clock.now() + _PATIENCE)
        if goes_on and self._file.stat().st_size >= _LARGE:
            self._helpers.begin()
        step_back()  # helpers would have inherited that
        while goes_on:
            self._look()
            goes_on = self._until(self._clock.now() + _EVERY)
        self._mapped.clear()

    def _until_built(self, latest: int) -> bool:
        """Wait until nothing is built, at most until an instant; False when it is to end."""
        return self._background.wait(
            self._clock,
            lambda: not self._engine.is_building or self._clock.now() >= latest,
            lambda: self._clock.now() + SECOND,
        )

    def _until(self, due: int) -> bool:
        """Wait for an instant; False when it is to end."""
        return self._background.wait(self._clock, lambda: self._clock.now() >= due, lambda: due)

    def _look(self) -> None:
        """Look at each page of the file, if there is room for all."""
        try:
            self._map()
        except OSError as error:
            _log.info("%s is not read ahead: %s", self._file.name, error.strerror)
        for pages in self._mapped:
            for start in range(0, len(pages), _PIECE):
                if self._background.closing:
                    return
                pages[start : start + _PIECE : mmap.PAGESIZE].max()

    def _map(self) -> None:
        """Map what the file has gained."""
        known, room = sum(map(len, self._mapped)), _available() // 2
        size = self._file.stat().st_size // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
        if size > room or size < known or len(self._mapped) == _MOST_MAPPINGS:
            self._mapped.clear()  # first, or what is mapped twice would be counted as resident twice
            known = 0
        if known < size <= room:
            self._mapped.append(self._mapped_from(known, size - known))

    def _mapped_from(self, first: int, length: int) -> NDArray[np.uint8]:
        """A part of the file, read and mapped.

        Each page comes into the mapping when it is looked at, which needs no interpreter; asking the
        system for all of them (madvise) would keep it from everybody else meanwhile.
        """
        with self._file.open("rb", buffering=0) as stream:
            for start in range(first, first + length, _PIECE):
                if self._background.closing:
                    break
                _read_ahead(stream.fileno(), start, min(_PIECE, first + length - start))
            memory = mmap.mmap(stream.fileno(), length, access=mmap.ACCESS_READ, offset=first)
        return np.frombuffer(memory, np.uint8)


def _read_ahead(handle: int, start: int, length: int) -> None:
    if hasattr(os, "posix_fadvise"):  # into the cache, and no further
        os.posix_fadvise(handle, start, length, os.POSIX_FADV_WILLNEED)
    os.pread(handle, 1, start + length - 1)  # one piece at a time


def _available() -> int:
    """Bytes of memory to be had, the system's caches included; 0 where that is not told."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    kilobytes = dict(line.split(":", 1) for line in lines)
    return int(kilobytes.get("MemAvailable", "0").split()[0]) * 1024
