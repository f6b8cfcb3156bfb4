"""Taking jobs on, running them, and telling how they stand."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from carpel.domain.refusals import Conflict, NoSuch, Refusal
from carpel.kit.clock import DAY, SECOND, Clock
from carpel.kit.ids import new_id
from carpel.storage.catalogue import Catalogue

from .model import Cancelled, Job, State
from .repository import JobRepository
from .work import Interrupted, Work

Runner = Callable[[Work], Any]

_AT_A_TIME = 2
_KEPT_FOR = 90 * DAY
_BETWEEN_SAVES = SECOND
_log = logging.getLogger("carpel.jobs")


class Jobs:
    """All jobs of all workspaces; unfinished ones are kept in memory as well. Thread-safe."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._repository = JobRepository(catalogue)
        self._clock = clock
        self._runners: dict[str, Runner] = {}
        self._changed = threading.Condition()
        self._open: dict[str, Job] = {}
        for job in self._repository.unfinished():
            self._open[job.id] = replace(job, state="queued") if job.state == "running" else job
        self._saved: dict[str, int] = {}
        self._unwanted: set[str] = set()
        self._closing = False
        self._threads: list[threading.Thread] = []

    def register(self, kind: str, runner: Runner) -> None:
        """Say how jobs of a kind are done. The runner returns the result, a JSON value.

        A Refusal that it raises fails the job with its message; any other error is logged, and the
        job fails without details.
        """
        with self._changed:
            self._runners[kind] = runner
            self._changed.notify_all()  # some of this kind may wait since before a restart

    def start(self) -> None:
        """Run what is queued, now and from now on."""
        self._repository.forget(self._clock.now() - _KEPT_FOR)
        for number in range(_AT_A_TIME):
            thread = threading.Thread(target=self._run, name=f"carpel-job-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Interrupt what runs; it will run again when the directory is opened next."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    # ----------------------------------------------------------------- asking

    def submit(
        self,
        workspace: int,
        kind: str,
        spec: Any,
        *,
        sole: str | None = None,
        held: bool = False,
        job_id: str | None = None,
    ) -> Job:
        """Take a job on; it is durable when this returns.

        Args:
            workspace: whose it is.
            kind: which runner does it.
            spec: a JSON value that tells the runner what to do.
            sole: no second unfinished job of this kind may have the same.
            held: do not begin before `release()`.
            job_id: the id it is to have, a new one when None.

        Raises:
            Conflict: there is an unfinished one with this `sole`.
        """
        state: State = "held" if held else "queued"
        job = Job(
            job_id or new_id(), workspace, kind, sole, spec, state, 0, None, None, None,
            self._clock.now(), None, None,
        )  # fmt: skip
        with self._changed:
            if not self._repository.add(job):
                raise Conflict("job_running", "a job like this one is not finished yet")
            self._open[job.id] = job
            self._changed.notify_all()
        return job

    def release(self, job_id: str) -> None:
        """Let a held job begin."""
        with self._changed:
            job = self._open.get(job_id)
            if job is not None and job.state == "held":
                self._keep(replace(job, state="queued"))

    def find(self, workspace: int, job_id: str) -> Job:
        """The job as it stands.

        Raises:
            NoSuch: there is none of this id in the workspace.
        """
        job = self.known(workspace, job_id)
        if job is None:
            raise NoSuch("no_such_job", f"there is no job {job_id!r}", "id")
        return job

    def known(self, workspace: int, job_id: str) -> Job | None:
        """The same; None when there is none."""
        with self._changed:
            job = self._open.get(job_id) or self._repository.find(job_id)
        return job if job is not None and job.workspace == workspace else None

    def list_of(self, workspace: int, kinds: Sequence[str] = (), most: int = 1000) -> list[Job]:
        """The jobs of a workspace (of some kinds, or all), the newest first."""
        with self._changed:
            found = self._repository.list_of(workspace, kinds, most)
            return [self._open.get(job.id, job) for job in found]

    def cancel(self, workspace: int, job_id: str) -> Job:
        """End a job before it is done; a finished one stays as it is.

        A running one ends as soon as its runner looks up.

        Raises:
            NoSuch: there is none of this id in the workspace.
        """
        job = self.find(workspace, job_id)
        with self._changed:
            job = self._open.get(job_id, job)
            if job.state == "running":
                self._unwanted.add(job_id)
            elif not job.is_finished:
                job = self._finish(job, "cancelled")
            self._changed.notify_all()
        return job

    def wait(self, job_id: str, timeout_s: float) -> bool:
        """Whether the job is finished, at the latest when the time is up."""
        with self._changed:
            return self._changed.wait_for(lambda: job_id not in self._open, timeout_s)

    # ---------------------------------------------------------------- running

    def _run(self) -> None:
        while True:
            with self._changed:
                while (job := self._next()) is None and not self._closing:
                    self._changed.wait()
                if job is None or self._closing:
                    return
                self._keep(replace(job, state="running", started_at=self._clock.now()))
            self._do(job)

    def _next(self) -> Job | None:
        return next(
            (one for one in self._open.values()
             if one.state == "queued" and one.kind in self._runners),
            None,
        )  # fmt: skip

    def _do(self, job: Job) -> None:
        try:
            result = self._runners[job.kind](Work(job, self._go_on, self._progress))
        except Interrupted:
            return
        except Cancelled:
            self._end(job.id, "cancelled")
        except Refusal as refusal:
            self._end(job.id, "failed", error=refusal.message)
        except Exception:
            _log.exception("job %s (%s) failed", job.id, job.kind)
            self._end(job.id, "failed", error="an internal error; the server's log has it")
        else:
            self._end(job.id, "done", result=result)

    def _go_on(self, job_id: str) -> None:
        if job_id in self._unwanted:
            raise Cancelled
        if self._closing:
            raise Interrupted

    def _progress(self, job_id: str, done: int, total: int | None) -> None:
        with self._changed:
            job = replace(self._open[job_id], done=done, total=total)
            self._open[job_id] = job
            now = self._clock.now()
            if now - self._saved.get(job_id, 0) >= _BETWEEN_SAVES:
                self._saved[job_id] = now
                self._keep(job)

    # ---------------------------------------------------------- under the lock

    def _end(self, job_id: str, state: State, result: Any = None, error: str | None = None) -> None:
        with self._changed:
            self._finish(self._open[job_id], state, result, error)

    def _finish(self, job: Job, state: State, result: Any = None, error: str | None = None) -> Job:
        job = replace(job, state=state, result=result, error=error, finished_at=self._clock.now())
        self._keep(job)
        del self._open[job.id]
        self._saved.pop(job.id, None)
        self._unwanted.discard(job.id)
        return job

    def _keep(self, job: Job) -> None:
        self._repository.save(job)
        self._open[job.id] = job
        self._changed.notify_all()
