"""What a job is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["held", "queued", "running", "done", "failed", "cancelled"]

UNFINISHED: tuple[State, ...] = ("held", "queued", "running")


class Cancelled(Exception):
    """Somebody cancelled the job that is running."""


@dataclass(frozen=True)
class Job:
    """One piece of work, as it stands.

    Times are microseconds since 1970. `done` of `total` (None: not known) counts whatever the kind
    of job counts. `spec` and `result` are JSON values. `error` is a sentence for people.
    """

    id: str
    workspace: int
    kind: str
    sole: str | None
    spec: Any
    state: State
    done: int
    total: int | None
    result: Any
    error: str | None
    created_at: int
    started_at: int | None
    finished_at: int | None

    @property
    def is_finished(self) -> bool:
        """Whether it will not change any more."""
        return self.state not in UNFINISHED
