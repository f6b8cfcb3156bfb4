"""Processes that answer requests: begun when asked, each answer whole, and none left over."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from typing_extensions import override

from carpel.kit import processes
from carpel.kit.processes import Helpers
from support.waiting import until

PATIENCE_S = 30
A_MOMENT_S = 0.1  # in which a thread comes to where it waits
# A helper puts down that it was begun.
BEGUN = """
import os, sys, time
from carpel.kit.processes import answer_all

open(f"{sys.argv[1]}/{os.getpid()}", "w").close()
"""
# It turns requests round, but for some.
TURNING = """
notes = []

def work(request):
    word, _, path = request.partition(b" ")
    if word == b"note":
        notes.append(path)
    if word == b"notes":
        return b" ".join(notes)
    if word == b"who":
        return str(os.getpid()).encode()
    if word == b"say":
        print("this is no answer")
    if word == b"fail":
        raise ZeroDivisionError
    if word == b"read":
        with open(path, "rb") as file:
            return file.read()
    if word == b"write":
        with open(path, "wb") as file:
            file.write(b"met")
    return request[::-1]

answer_all(work)
"""
LATE = """
while not os.path.exists(sys.argv[1] + "/../go"):
    time.sleep(0.001)
"""
MODULES = {"turning": TURNING, "late": LATE + TURNING, "unfit": "sys.exit(3)"}


class Begun:
    """What the helpers of a test put down when they are begun."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def processes(self) -> list[int]:
        return [int(one.name) for one in self.folder.iterdir()]

    @contextmanager
    def helpers(self, count: int, module: str = "turning") -> Iterator[Helpers]:
        """So many at most, none of which is there afterwards."""
        found = Helpers(count, module, str(self.folder))
        try:
            yield found
        except BaseException:
            self.kill()  # or closing might wait for them
            raise
        finally:
            found.close()
        assert not [one for one in self.processes if is_there(one)]

    def kill(self) -> None:
        for one in self.processes:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)

    @contextmanager
    def one(self) -> Iterator[Helpers]:
        """One, which is ready."""
        with self.helpers(1) as found:
            until(lambda: found.ask(b"abc") is not None)
            yield found

    @contextmanager
    def two(self) -> Iterator[Helpers]:
        """Two, which are ready: what one writes to a pipe, the other reads from it."""
        pipe = self.folder.with_name("between")
        os.mkfifo(pipe)
        with self.helpers(2) as found:
            until(lambda: found.ask(b"abc") is not None)
            reading = Asking(found, b"read %s" % bytes(pipe))
            Asking(found, b"write %s" % bytes(pipe)).end()
            assert reading.end() == b"met"
            yield found


class Asking(threading.Thread):
    """Somebody who asks one thing, and may wait long."""

    def __init__(self, helpers: Helpers, request: bytes, *, behind: bool = False) -> None:
        super().__init__(daemon=True)
        self._ask = helpers.ask_behind if behind else helpers.ask
        self._request = request
        self._answer: bytes | None = None
        self.start()

    @override
    def run(self) -> None:
        self._answer = self._ask(self._request)

    def waits(self) -> bool:
        """Whether there is no answer yet, and will not be in a moment."""
        self.join(A_MOMENT_S)
        return self.is_alive()

    def end(self) -> bytes | None:
        self.join(PATIENCE_S)
        assert not self.is_alive()
        return self._answer


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Begun:
    folder = tmp_path / "begun"
    folder.mkdir()
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(BEGUN + text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    return Begun(folder)


def is_there(process: int) -> bool:
    """Whether it is there, be it only because nobody has waited for its end."""
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


def test_who_asks_first_begins_one_for_those_after(begun: Begun) -> None:
    with begun.helpers(1) as helpers:
        assert helpers.ask_behind(b"abc") is None
        assert helpers.there == 0
        assert begun.processes == []
        assert helpers.ask(b"abc") is None
        until(lambda: helpers.ask(b"abc") == b"cba")
        assert helpers.ask_behind(b"who") == b"%d" % begun.processes[0]
    assert helpers.ask(b"abc") is None
    assert len(begun.processes) == 1


def test_large_messages_pass_whole(begun: Begun) -> None:
    with begun.one() as helpers:
        for size in (0, 1, 65_536, 5_000_003):
            request = random.Random(size).randbytes(size)
            assert Asking(helpers, request).end() == request[::-1]


def test_each_hears_their_own_answer(begun: Begun) -> None:
    chance = random.Random(1)
    requests = [chance.randbytes(chance.choice((9, 900, 90_000))) for _ in range(400)]
    with begun.two() as helpers, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(helpers.ask, requests)) == [one[::-1] for one in requests]
    assert len(begun.processes) == 2


def test_what_the_work_prints_is_no_answer(begun: Begun, capfd: pytest.CaptureFixture[str]) -> None:
    with begun.one() as helpers:
        for _ in range(2):
            assert Asking(helpers, b"say").end() == b"yas"
    printed = capfd.readouterr()
    assert printed.err.count("this is no answer") == 2
    assert not printed.out


def test_one_that_was_killed_answers_nothing(
    begun: Begun, caplog: pytest.LogCaptureFixture
) -> None:
    with begun.one() as helpers:
        begun.kill()
        assert [Asking(helpers, b"abc").end() for _ in range(2)] == [None, None]
    assert "a helper has ended" in caplog.text
    assert len(begun.processes) == len(caplog.records) == 1


def test_all_who_wait_for_one_that_is_killed_hear_nothing(begun: Begun) -> None:
    with begun.one() as helpers:
        os.kill(begun.processes[0], signal.SIGSTOP)
        crowd = [Asking(helpers, b"abc") for _ in range(3)]
        assert all(one.waits() for one in crowd)
        begun.kill()
        assert [one.end() for one in crowd] == [None] * 3


def test_the_other_goes_on_when_one_is_killed(begun: Begun) -> None:
    with begun.two() as helpers:
        first, second = begun.processes
        os.kill(first, signal.SIGKILL)
        answers = [helpers.ask(b"who") for _ in range(5)]
    assert {*answers} - {None} == {b"%d" % second}
    assert answers.count(None) <= 1


def test_another_takes_the_place_of_one_that_failed(
    begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    with begun.one() as helpers:
        first = helpers.ask(b"who")
        assert helpers.ask(b"fail") is None
        with monkeypatch.context() as sooner:
            sooner.setattr(processes, "_BEGIN_AGAIN_S", 0.0)
            assert helpers.ask(b"abc") is None  # begins it
        until(lambda: helpers.ask(b"abc") == b"cba")
        assert helpers.ask(b"who") != first
    assert len(begun.processes) == 2


def test_one_that_is_slow_to_begin_is_not_begun_twice(
    begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_BEGIN_AGAIN_S", 0.0)
    with begun.helpers(1, "late") as helpers:
        assert [helpers.ask(b"abc") for _ in range(3)] == [None] * 3
        begun.folder.with_name("go").touch()
        until(lambda: helpers.ask(b"abc") == b"cba")
    assert len(begun.processes) == 1


def test_what_cannot_begin_is_reported_and_not_tried_again_at_once(
    begun: Begun, caplog: pytest.LogCaptureFixture
) -> None:
    with begun.helpers(1, "unfit") as helpers:
        assert helpers.ask(b"abc") is None
        until(lambda: "a helper ended before it had begun" in caplog.text)
        assert helpers.ask(b"abc") is None
    assert len(begun.processes) == len(caplog.records) == 1


def test_none_is_begun_where_none_is_wanted(begun: Begun) -> None:
    with begun.helpers(0) as helpers, begun.helpers(2):
        assert [helpers.ask(b"abc") for _ in range(3)] == [None] * 3
    assert begun.processes == []


@pytest.mark.parametrize(
    ("patience_s", "place"), [(PATIENCE_S, 6), (0.0, 0)], ids=["after all", "not for ever"]
)
def test_who_is_behind_comes_after_all_who_ask_but_not_for_ever(
    begun: Begun, monkeypatch: pytest.MonkeyPatch, patience_s: float, place: int
) -> None:
    monkeypatch.setattr(processes, "_PATIENCE_S", patience_s)
    pipe = begun.folder.with_name("pipe")
    os.mkfifo(pipe)
    with begun.one() as helpers:
        Asking(helpers, b"read %s" % bytes(pipe))
        with pipe.open("wb"):  # it is being read by now
            crowd = [Asking(helpers, b"note behind", behind=True)]
            assert crowd[0].waits()
            crowd += [Asking(helpers, b"note another") for _ in range(6)]
            assert all(one.waits() for one in crowd)
        for one in crowd:
            one.end()
        notes = helpers.ask(b"notes")
    assert notes is not None
    assert notes.split().index(b"behind") == place


def test_who_is_behind_hears_of_the_end(begun: Begun) -> None:
    with begun.one() as helpers:
        os.kill(begun.processes[0], signal.SIGSTOP)
        crowd = [Asking(helpers, b"abc"), Asking(helpers, b"abc", behind=True)]
        assert all(one.waits() for one in crowd)
        begun.kill()
        assert [one.end() for one in crowd] == [None] * 2


def test_closing_waits_for_those_that_are_about_to_begin(begun: Begun) -> None:
    with begun.helpers(2) as helpers:
        assert helpers.ask(b"abc") is None
    assert len(begun.processes) == 2


def test_closing_waits_for_what_is_being_answered(begun: Begun) -> None:
    pipe = begun.folder.with_name("pipe")
    os.mkfifo(pipe)
    with begun.one() as helpers:
        asked = Asking(helpers, b"read %s" % bytes(pipe))
        with pipe.open("wb") as writer:  # it is being read by now
            next_one = Asking(helpers, b"abc")
            closing = threading.Thread(target=helpers.close)
            closing.start()
            assert next_one.end() is None
            assert asked.waits()
            assert closing.is_alive()
            writer.write(b"at last")
        assert asked.end() == b"at last"
        closing.join(PATIENCE_S)


def test_closing_does_not_wait_for_ever(begun: Begun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_CLOSE_S", A_MOMENT_S)
    with begun.one() as helpers:
        os.kill(begun.processes[0], signal.SIGSTOP)
        asked = Asking(helpers, b"abc")
        assert asked.waits()
        closing = threading.Thread(target=helpers.close, daemon=True)
        closing.start()
        assert asked.end() is None
        closing.join(PATIENCE_S)
        assert not closing.is_alive()


@pytest.mark.parametrize("last", [b"", b"\x05\x00", b"\x05\x00\x00\x00ab"])
def test_it_ends_when_nobody_can_ask_any_more(begun: Begun, last: bytes) -> None:
    command = [sys.executable, "-m", "turning", str(begun.folder)]
    given = b"\x03\x00\x00\x00abc" + last
    answered = subprocess.check_output(command, input=given, timeout=PATIENCE_S)
    assert answered == b"\x05\x00\x00\x00ready\x03\x00\x00\x00cba"


def test_one_that_does_not_end_is_ended(begun: Begun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_CLOSE_S", A_MOMENT_S)
    with begun.one():
        os.kill(begun.processes[0], signal.SIGSTOP)
