"""Remembering answers by idempotency key."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from carpel.domain.refusals import Conflict, Invalid
from carpel.kit.clock import DAY, Clock
from carpel.storage.catalogue import Catalogue

from .repository import Place, RepeatRepository

KEPT_FOR = DAY
LONGEST_KEY = 255
_KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")


class KeyReused(Invalid):
    """The key came with another request before."""


class StillRunning(Conflict):
    """The first request with the key is not answered yet."""


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    media_type: str
    body: bytes


class Repeats:
    """Answers of the last day to requests with a key. Thread-safe."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._repository = RepeatRepository(catalogue)
        self._clock = clock
        self._lock = threading.Lock()
        self._running: set[Place] = set()

    @contextmanager
    def first(self, place: Place) -> Iterator[None]:
        """No second request with this key runs meanwhile.

        Raises:
            Invalid: the key is no key.
            StillRunning: one does.
        """
        if not _KEY.fullmatch(place[2]):
            raise Invalid(
                "bad_idempotency_key", f"a key has 1 to {LONGEST_KEY} visible ASCII characters"
            )
        with self._lock:
            if place in self._running:
                raise StillRunning(
                    "request_running", "the first request with this key is not answered yet"
                )
            self._running.add(place)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(place)

    def find(self, place: Place) -> tuple[bytes, Answer] | None:
        """What tells the request with this key from others, and what it was answered.

        Args:
            place: workspace, caller and key.
        """
        found = self._repository.find(place, self._clock.now() - KEPT_FOR)
        return None if found is None else (found[0], Answer(*found[1:]))

    def keep(self, place: Place, request: bytes, answer: Answer) -> None:
        """Remember an answer for a day."""
        now = self._clock.now()
        given = (answer.status, answer.media_type, answer.body)
        self._repository.keep(place, request, given, now, now - KEPT_FOR)
