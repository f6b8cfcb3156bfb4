"""Turns at the interpreter: one at a time, the most urgent first, but nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from carpel.kit.turns import Turns, Urgency
from support.waiting import until

PATIENCE_S = 30


class Crowd:
    """Threads that ask for turns; what they did, in order."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.done: list[str] = []
        self._threads: list[threading.Thread] = []

    def ask(self, urgency: Urgency, name: str) -> None:
        """Let a thread wait for a turn, in which it says its name."""
        waiting = self.turns.waiting
        self._start(lambda: self._say(urgency, name))
        until(lambda: self.turns.waiting == waiting + 1)

    def hold(self, urgency: Urgency, work: Callable[[], None]) -> threading.Event:
        """Let a thread do something in a turn that it has by now; it begins when told."""
        has, go = threading.Event(), threading.Event()

        def held() -> None:
            with self.turns.taken(urgency):
                has.set()
                assert go.wait(PATIENCE_S)
                work()

        self._start(held)
        assert has.wait(PATIENCE_S)
        return go

    def end(self) -> list[str]:
        for one in self._threads:
            one.join(PATIENCE_S)
            assert not one.is_alive()
        return self.done

    def _say(self, urgency: Urgency, name: str) -> None:
        with self.turns.taken(urgency):
            self.done.append(name)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()


@pytest.fixture
def crowd() -> Crowd:
    return Crowd(Turns(patience_s=PATIENCE_S))  # however slow the machine, no wait is long


def test_the_most_urgent_comes_first(crowd: Crowd) -> None:
    go = crowd.hold(Urgency.CHECKING, lambda: crowd.done.append("held"))
    crowd.ask(Urgency.CHECKING, "checks")
    crowd.ask(Urgency.COUNTING, "counts")
    crowd.ask(Urgency.APPLYING, "applies")
    assert not crowd.done
    go.set()
    assert crowd.end() == ["held", "applies", "counts", "checks"]


def test_who_has_waited_long_comes_first() -> None:
    crowd = Crowd(Turns(patience_s=0))  # any wait is long

    def work() -> None:
        crowd.turns.give_way()
        crowd.done.append("held")

    go = crowd.hold(Urgency.COUNTING, work)
    crowd.ask(Urgency.CHECKING, "checks")
    crowd.ask(Urgency.COUNTING, "counts")
    go.set()
    assert crowd.end() == ["checks", "counts", "held"]


def test_one_gives_way_to_those_more_urgent_only(crowd: Crowd) -> None:
    def work() -> None:
        crowd.done.append("begins")
        crowd.turns.give_way()
        crowd.done.append("ends")

    go = crowd.hold(Urgency.COUNTING, work)
    crowd.ask(Urgency.CHECKING, "checks")
    crowd.ask(Urgency.COUNTING, "counts")
    crowd.ask(Urgency.APPLYING, "applies")
    go.set()
    assert crowd.end() == ["begins", "applies", "ends", "counts", "checks"]


def test_others_go_on_while_one_is_aside(crowd: Crowd) -> None:
    back = threading.Event()

    def work() -> None:
        with crowd.turns.aside():
            assert back.wait(PATIENCE_S)
        crowd.done.append("is back")

    go = crowd.hold(Urgency.COUNTING, work)
    crowd.ask(Urgency.CHECKING, "checks")
    go.set()
    until(lambda: crowd.done == ["checks"])
    back.set()
    assert crowd.end() == ["checks", "is back"]


def test_a_turn_within_a_turn_is_the_same(crowd: Crowd) -> None:
    turns = crowd.turns
    with turns.taken(Urgency.COUNTING):
        with turns.taken(Urgency.CHECKING):
            crowd.done.append("inner")
        with ExitStack() as stack:
            stack.callback(crowd.end)
            crowd.ask(Urgency.APPLYING, "applies")  # still waits, as the turn goes on
            assert crowd.done == ["inner"]
            turns.give_way()
    assert crowd.end() == ["inner", "applies"]


def test_who_fails_has_given_the_turn_back(crowd: Crowd) -> None:
    with pytest.raises(ZeroDivisionError), crowd.turns.taken(Urgency.COUNTING):
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), crowd.turns.taken(Urgency.COUNTING), crowd.turns.aside():
        raise ZeroDivisionError
    crowd.hold(Urgency.CHECKING, lambda: crowd.done.append("has one")).set()
    assert crowd.end() == ["has one"]


def test_without_a_turn_there_is_nothing_to_give(crowd: Crowd) -> None:
    go = crowd.hold(Urgency.CHECKING, lambda: crowd.done.append("held"))
    crowd.turns.give_way()
    with crowd.turns.aside():
        assert not crowd.done
    go.set()
    assert crowd.end() == ["held"]
