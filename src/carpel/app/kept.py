"""The engine's memory over a restart: where its snapshot lies, and when it is read and written."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from carpel.domain.feed import Feed
from carpel.engine import snapshots
from carpel.engine.fingerprint import fingerprint
from carpel.engine.live import Engine
from carpel.engine.publication import Standing
from carpel.storage.columns import Columns
from carpel.storage.directory import DataDirectory

_log = logging.getLogger("carpel.engine")

# So long a stop waits for the feed to be on disk; without that there is no snapshot.
_MOST_WAIT_S = 20


class KeptEngine:
    """The snapshot of one data directory. Make it before the column store is opened."""

    def __init__(self, directory: DataDirectory, *, is_on: bool) -> None:
        """Args: is_on: off, none is read or written, and one that is there goes."""
        self._file = directory.snapshot
        self._columns = directory.columns
        self._is_on = is_on and _can_be_told()
        self._found = snapshots.stamp(self._columns) if self._columns.exists() else (0, 0)
        self._left: tuple[int, Mapping[int, Standing]] | None = None

    def offer(self, engine: Engine, told: Mapping[int, Standing]) -> None:
        """Let the engine go on from the snapshot; before it is told of any data.

        Args:
            engine: which.
            told: what was told last of each segment.
        """
        if self._is_on:
            engine.offer(self._file, self._found, told)
        else:
            snapshots.remove(self._file)

    def note(self, columns: Columns, feed: Feed) -> None:
        """The engine is closed, the stores are not yet: how far they are."""
        if self._is_on and feed.flush(_MOST_WAIT_S):
            self._left = columns.applied, feed.standings()

    def keep(self, engine: Engine) -> None:
        """The stores are closed as well: write the snapshot."""
        if self._left is not None:
            engine.keep(self._file, snapshots.stamp(self._columns), *self._left)


def _can_be_told() -> bool:
    """Whether it can be told which code this is. At the stop another version may lie on the disk."""
    try:
        fingerprint()
    except OSError as error:
        _log.warning("there will be no snapshot of live segments: %s", error)
        return False
    return True
