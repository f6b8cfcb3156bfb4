"""Maintenance: while it is on, the vendors' doors answer that they are closed."""

from __future__ import annotations

import threading

from carpel.kit.clock import Clock
from carpel.storage.catalogue import Catalogue

from .refusals import Conflict


class Maintenance:
    """On or off, for all workspaces; kept over restarts. Thread-safe."""

    def __init__(self, catalogue: Catalogue, clock: Clock, *, set_on: bool) -> None:
        """`set_on`: the server's settings say on, and only they can say otherwise."""
        self._catalogue = catalogue
        self._clock = clock
        self._lock = threading.Lock()
        self._set_on = set_on
        self._since: int | None = clock.now() if set_on else self._stored()

    @property
    def since(self) -> int | None:
        """When it began, in microseconds since 1970; None when it is off."""
        return self._since

    def switch(self, *, on: bool) -> int | None:
        """Turn it on or off; returns since when it is on. What it is already, it stays.

        Raises:
            Conflict: the settings say on.
        """
        if self._set_on and not on:
            raise Conflict("set_on", "the server's settings say that maintenance is on", "on")
        with self._lock:
            if on != (self._since is not None):
                since = self._clock.now() if on else None
                with self._catalogue.write() as connection:
                    connection.execute("DELETE FROM maintenance")
                    if since is not None:
                        connection.execute("INSERT INTO maintenance VALUES (?)", (since,))
                self._since = since
            return self._since

    def _stored(self) -> int | None:
        with self._catalogue.read() as connection:
            row = connection.execute("SELECT since FROM maintenance").fetchone()
            return int(row[0]) if row else None
