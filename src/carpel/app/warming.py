"""The people store brought into the system's cache after a start, so that look-ups begin quickly."""

from __future__ import annotations

import logging
from pathlib import Path

from carpel.engine.live import Engine
from carpel.kit.background import Background
from carpel.kit.clock import SECOND, Clock

_log = logging.getLogger("carpel.app")

_PIECE = 4 * 1024 * 1024


class Warming:
    """Reads a file from end to end once, when nothing else needs the disk, if memory has room.

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
        if not self._background.wait(
            self._clock, lambda: not self._engine.is_building, lambda: self._clock.now() + SECOND
        ):
            return
        try:
            if self._file.stat().st_size > _available() // 2:
                return
            with self._file.open("rb", buffering=0) as stream:
                piece = bytearray(_PIECE)
                while stream.readinto(piece) and not self._background.closing:
                    pass
        except OSError as error:
            _log.info("%s is not read ahead: %s", self._file.name, error.strerror)


def _available() -> int:
    """Bytes of memory to be had, the system's caches included; 0 where that is not told."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    kilobytes = dict(line.split(":", 1) for line in lines)
    return int(kilobytes.get("MemAvailable", "0").split()[0]) * 1024
