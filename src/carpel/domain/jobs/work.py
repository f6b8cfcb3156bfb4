"""What a running job has in hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Job


class Work:
    """A job while it runs. Its runner may be called again from the start after a restart."""

    def __init__(
        self,
        job: Job,
        go_on: Callable[[str], None],
        progress: Callable[[str, int, int | None], None],
    ) -> None:
        self.id = job.id
        self.workspace = job.workspace
        self.spec: Any = job.spec
        self.created_at = job.created_at
        self._go_on = go_on
        self._progress = progress

    def check(self) -> None:
        """To be called every so often: gets out of the runner when the job is not wanted any more.

        Raises:
            Cancelled: somebody cancelled it. The runner cleans up and lets the error pass.
            Interrupted: the server stops; the job will run again.
        """
        self._go_on(self.id)

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far the work is; a `check()` too."""
        self.check()
        self._progress(self.id, done, total)


class Interrupted(Exception):
    """The server stops; the job runs again when it is back."""
