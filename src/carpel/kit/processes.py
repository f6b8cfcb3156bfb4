"""Processes of this program's own that answer requests: what they compute waits for no turn here.

A helper ends when its pipe closes, however this process ends.
"""

from __future__ import annotations

import logging
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from time import monotonic
from typing import BinaryIO

_log = logging.getLogger("carpel.helpers")

_LENGTH = struct.Struct("<I")
_READY = b"ready"
# After helpers ended that should not have, or could not begin.
_BEGIN_AGAIN_S = 10.0
_CLOSE_S = 5.0
_PATIENCE_S = 0.05  # of who comes after others


class Gone(Exception):
    """A helper has ended."""


class Helper:
    """One process, asked one thing at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603  (this program itself)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def await_ready(self) -> None:
        """Wait until it has begun.

        Raises:
            Gone: it has not.
        """
        if _receive(self._out) != _READY:
            raise Gone

    def ask(self, request: bytes) -> bytes:
        """Its answer.

        Raises:
            Gone: it has ended.
        """
        try:
            _send(self._in, request)
        except OSError:
            raise Gone from None
        answer = _receive(self._out)
        if answer is None:
            raise Gone
        return answer

    def kill(self) -> None:
        """End it at once; whoever asks it hears that it has."""
        self._process.kill()

    def close(self) -> None:
        """Let it end, and see to it."""
        with suppress(OSError):  # what it did not read any more
            self._in.close()
        try:
            self._process.wait(_CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._out.close()

    @property
    def _in(self) -> BinaryIO:
        assert self._process.stdin is not None  # noqa: S101
        return self._process.stdin  # type: ignore[return-value]

    @property
    def _out(self) -> BinaryIO:
        assert self._process.stdout is not None  # noqa: S101
        return self._process.stdout  # type: ignore[return-value]


class Helpers:
    """So many, begun when they are first asked, or before. Thread-safe."""

    def __init__(self, count: int, module: str, *arguments: str) -> None:
        """Args: module: what each runs, which calls `answer_all`."""
        self._count = count
        self._command = [sys.executable, "-m", module, *arguments]
        self._changed = threading.Condition()
        self._idle: list[Helper] = []
        self._busy: set[Helper] = set()
        self._asking = 0  # who waits for one that is free
        self._late = 0  # and who has let others pass for long enough
        self._there = 0  # begun, and not ended: all of both
        self._begun_at = -inf
        self._closing = False
        self._beginning: list[threading.Thread] = []

    def begin(self) -> None:
        """Begin those that are not there, beside the caller."""
        with self._changed:
            if self._there < self._count and monotonic() >= self._begun_at + _BEGIN_AGAIN_S:
                self._begin(self._count - self._there)

    def ask(self, request: bytes) -> bytes | None:
        """The answer of one of them, once one is free; None when there is none to ask."""
        self.begin()
        with self._changed:
            self._asking += 1
            self._changed.wait_for(lambda: self._is_settled and not self._late)
            self._asking -= 1
            helper = self._free()
        return self._asked(helper, request)

    def ask_behind(self, request: bytes) -> bytes | None:
        """The same when nobody else asks, or after a moment; and none is begun for it."""
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._is_settled and not self._asking, _PATIENCE_S
            ):
                self._late += 1
                self._changed.wait_for(lambda: self._is_settled)
                self._late -= 1
            helper = self._free()
        return self._asked(helper, request)

    def _asked(self, helper: Helper | None, request: bytes) -> bytes | None:
        if helper is None:
            return None
        try:
            answer = helper.ask(request)
        except Gone:
            self._ended(helper)
            return None
        except BaseException:  # half an answer may be left in the pipe
            helper.kill()
            self._ended(helper)
            raise
        self._put(helper)
        return answer

    @property
    def there(self) -> int:
        """How many there are to ask."""
        return self._there

    def close(self) -> None:
        """Let all of them end; what is being asked is answered first, if that does not take long."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._beginning:
            thread.join()
        with self._changed:
            self._changed.wait_for(lambda: len(self._idle) == self._there, _CLOSE_S)
            for helper in self._busy:
                helper.kill()  # who waits for it closes it
            helpers, self._idle = self._idle, []
            self._there -= len(helpers)
        for helper in helpers:
            helper.close()

    @property
    def _is_settled(self) -> bool:
        """Whether one is free, or none will be."""
        return bool(self._closing or self._idle or not self._there)

    def _free(self) -> Helper | None:
        """One that is free, from now on busy; needs the lock."""
        self._changed.notify_all()  # who waits may be the next, or hear that there is none
        if not self._idle or self._closing:
            return None
        helper = self._idle.pop()
        self._busy.add(helper)
        return helper

    def _put(self, helper: Helper) -> None:
        with self._changed:
            self._busy.discard(helper)
            self._idle.append(helper)
            self._changed.notify_all()

    def _begin(self, count: int) -> None:
        """Begin some beside the caller, who does not wait for them; needs the lock."""
        if self._closing or any(thread.is_alive() for thread in self._beginning):
            return
        self._begun_at = monotonic()
        self._beginning = [
            threading.Thread(target=self._begin_one, name="carpel-helper") for _ in range(count)
        ]
        for thread in self._beginning:
            thread.start()

    def _begin_one(self) -> None:
        try:
            helper = Helper(self._command)
        except OSError:
            _log.exception("a helper cannot be begun; its work is done without it")
            return
        try:
            helper.await_ready()
        except Gone:
            _log.error("a helper ended before it had begun; its work is done without it")
            helper.close()
            return
        with self._changed:
            self._there += 1
        self._put(helper)

    def _ended(self, helper: Helper) -> None:
        with self._changed:
            self._busy.discard(helper)
            self._there -= 1
            self._changed.notify_all()
        _log.warning("a helper has ended; another will take its place")
        helper.close()


def answer_all(work: Callable[[bytes], bytes]) -> None:
    """In a helper: answer until the pipe closes. What `work` raises ends it."""
    into, out = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing else may come between the answers
    _send(out, _READY)
    while (request := _receive(into)) is not None:
        _send(out, work(request))


def _send(stream: BinaryIO, message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def _receive(stream: BinaryIO) -> bytes | None:
    """A message, or None when the other side has ended."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None
