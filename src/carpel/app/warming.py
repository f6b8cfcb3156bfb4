"""The people store brought into the system's cache after a start, so that look-ups begin quickly."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from carpel.engine.live import Engine
from carpel.kit.background import Background
from carpel.kit.clock import SECOND, Clock
from carpel.kit.instants import LATEST
from carpel.kit.priority import step_back

_log = logging.getLogger("carpel.app")

_PATIENCE = 10 * SECOND
_PIECE = 2 * 1024 * 1024


class Warming:
    """Reads a file from end to end, if memory has room.

    At ten million contacts a look-up in a cold B-tree waits for the disk several times, and a minute
    goes by until most of it has been read so. The system gives the room back when it is needed.
    """

    def __init__(self, file: Path, clock: Clock, engine: Engine) -> None:
        self._file = file
        self._clock = clock
        self._engine = engine
        self._background = Background("carpel-warm")

    def start(self) -> None:
        self._background.start(self._run)

    def close(self) -> None:
        self._background.close()

    def _run(self) -> None:
        step_back()
        begun = self._clock.now()
        # A snapshot needs the disk for itself; a build, which takes longer, needs the processors.
        # By the end of that the system may have given up what it saw nobody use.
        for latest in (begun + _PATIENCE, LATEST):
            if not self._until_built(latest):
                return
            self._read()

    def _until_built(self, latest: int) -> bool:
        """Wait until nothing is built, at most until an instant; False when it is to end."""
        return self._background.wait(
            self._clock,
            lambda: not self._engine.is_building or self._clock.now() >= latest,
            lambda: self._clock.now() + SECOND,
        )

    def _read(self) -> None:
        try:
            size = self._file.stat().st_size
            if size <= _available() // 2:
                with self._file.open("rb", buffering=0) as stream:
                    self._read_ahead(stream.fileno(), size)
        except OSError as error:
            _log.info("%s is not read ahead: %s", self._file.name, error.strerror)

    def _read_ahead(self, handle: int, size: int) -> None:
        for start in range(0, size, _PIECE):
            if self._background.closing:
                return
            if hasattr(os, "posix_fadvise"):  # into the cache, and no further
                os.posix_fadvise(handle, start, _PIECE, os.POSIX_FADV_WILLNEED)
            os.pread(handle, 1, min(start + _PIECE, size) - 1)  # one piece at a time


def _available() -> int:
    """Bytes of memory to be had, the system's caches included; 0 where that is not told."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    kilobytes = dict(line.split(":", 1) for line in lines)
    return int(kilobytes.get("MemAvailable", "0").split()[0]) * 1024
