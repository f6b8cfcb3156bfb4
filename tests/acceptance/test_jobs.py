"""Jobs survive restarts, can be cancelled, and are one at a time where that is asked."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from carpel.domain.jobs import Jobs, Work
from carpel.domain.refusals import Conflict, Invalid, NoSuch
from carpel.domain.workspaces import Workspaces
from carpel.kit.clock import SteppedClock
from carpel.storage.catalogue import Catalogue

START = 1_780_000_000_000_000
WAIT_S = 30


def opened(data: Path) -> Jobs:
    """The jobs of a catalogue, as an opened directory has them."""
    catalogue = Catalogue(data / "catalogue.sqlite")
    clock = SteppedClock(START)
    workspaces = Workspaces(catalogue, clock)
    if len(workspaces.list_all()) == 1:
        workspaces.create("second")
    return Jobs(catalogue, clock)


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return opened(tmp_path)


def test_a_job_runs_and_its_result_is_kept(jobs: Jobs, tmp_path: Path) -> None:
    def count(work: Work) -> Any:
        for done in range(work.spec["to"]):
            work.progress(done + 1, work.spec["to"])
        return {"counted": work.spec["to"]}

    jobs.register("count", count)
    made = jobs.submit(1, "count", {"to": 5})
    assert jobs.find(1, made.id).state == "queued"
    jobs.start()
    assert jobs.wait(made.id, WAIT_S)
    found = opened(tmp_path).find(1, made.id)
    assert (found.state, found.result, found.done, found.total) == ("done", {"counted": 5}, 5, 5)
    with pytest.raises(NoSuch):
        jobs.find(2, made.id)
    jobs.close()


def test_a_refusal_is_told_and_any_other_error_is_not(jobs: Jobs) -> None:
    def refuse(work: Work) -> Any:
        if work.spec == "known":
            raise Invalid("no", "that cannot be", None)
        raise ValueError("/secret/path")

    jobs.register("refuse", refuse)
    known, unknown = jobs.submit(1, "refuse", "known"), jobs.submit(1, "refuse", "unknown")
    jobs.start()
    assert jobs.wait(known.id, WAIT_S)
    assert jobs.wait(unknown.id, WAIT_S)
    assert jobs.find(1, known.id).error == "that cannot be"
    told = jobs.find(1, unknown.id)
    assert told.state == "failed"
    assert "secret" not in (told.error or "")
    assert [job.id for job in jobs.list_of(1)] == [unknown.id, known.id]
    jobs.close()


def test_what_a_stop_interrupts_runs_again(tmp_path: Path) -> None:
    begun = threading.Event()

    def endless(work: Work) -> Any:
        begun.set()
        while True:
            work.check()

    first = opened(tmp_path)
    first.register("work", endless)
    made = first.submit(1, "work", None)
    first.start()
    assert begun.wait(WAIT_S)
    first.close()

    second = opened(tmp_path)
    second.register("work", lambda work: f"again {work.spec}")
    second.start()
    assert second.wait(made.id, WAIT_S)
    assert second.find(1, made.id).result == "again None"
    second.close()


def test_a_running_job_is_cancelled_when_it_looks_up(jobs: Jobs) -> None:
    begun = threading.Event()

    def endless(work: Work) -> Any:
        begun.set()
        while True:
            work.progress(1)

    jobs.register("work", endless)
    made = jobs.submit(1, "work", None)
    jobs.start()
    assert begun.wait(WAIT_S)
    jobs.cancel(1, made.id)
    assert jobs.wait(made.id, WAIT_S)
    assert jobs.find(1, made.id).state == "cancelled"
    assert jobs.cancel(1, made.id).state == "cancelled"
    jobs.close()


def test_one_at_a_time_where_that_is_asked(jobs: Jobs) -> None:
    jobs.register("export", lambda _: None)
    made = jobs.submit(1, "export", None, sole="segment 7", held=True)
    with pytest.raises(Conflict):
        jobs.submit(1, "export", None, sole="segment 7")
    jobs.submit(2, "export", None, sole="segment 7")
    jobs.submit(1, "export", None, sole="segment 8")
    jobs.start()
    assert jobs.find(1, made.id).state == "held"
    jobs.release(made.id)
    assert jobs.wait(made.id, WAIT_S)
    jobs.submit(1, "export", None, sole="segment 7")
    jobs.close()
