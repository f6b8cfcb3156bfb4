"""Jobs in the catalogue."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from carpel.storage.catalogue import Catalogue

from .model import Job

_COLUMNS = (
    "id, workspace, kind, sole, spec, state, done, total, result, error,"
    " created_at, started_at, finished_at"
)


class JobRepository:
    """Reads and writes the table `job`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def add(self, job: Job) -> bool:
        """Keep a new job; False when an unfinished one of its kind has the same `sole`."""
        values = (
            job.id, job.workspace, job.kind, job.sole, json.dumps(job.spec), job.state,
            job.done, job.total, None, None, job.created_at, None, None,
        )  # fmt: skip
        with self._catalogue.write() as connection:
            made = connection.execute(
                f"INSERT OR IGNORE INTO job ({_COLUMNS}) VALUES ({', '.join('?' * 13)})", values
            )
            return made.rowcount == 1

    def save(self, job: Job) -> None:
        """How far it is, and what came of it."""
        result = None if job.result is None else json.dumps(job.result)
        with self._catalogue.write() as connection:
            connection.execute(
                "UPDATE job SET state = ?, done = ?, total = ?, result = ?, error = ?,"
                " started_at = ?, finished_at = ? WHERE id = ?",
                (job.state, job.done, job.total, result, job.error,
                 job.started_at, job.finished_at, job.id),
            )  # fmt: skip

    def find(self, job_id: str) -> Job | None:
        return next(iter(self._select("WHERE id = ?", (job_id,))), None)

    def list_of(self, workspace: int, kinds: Sequence[str], most: int) -> list[Job]:
        """The newest first; of all kinds when none is named."""
        among = f"AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        order = "ORDER BY created_at DESC, rowid DESC LIMIT ?"
        return self._select(f"WHERE workspace = ? {among} {order}", (workspace, *kinds, most))

    def unfinished(self) -> list[Job]:
        """The oldest first."""
        where = "WHERE state IN ('held', 'queued', 'running') ORDER BY created_at, rowid"
        return self._select(where, ())

    def forget(self, finished_before: int) -> None:
        with self._catalogue.write() as connection:
            connection.execute("DELETE FROM job WHERE finished_at < ?", (finished_before,))

    def _select(self, where: str, values: Sequence[Any]) -> list[Job]:
        with self._catalogue.read() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM job {where}", values)
            return [_job(row) for row in rows]


def _job(row: tuple[Any, ...] | sqlite3.Row) -> Job:
    job_id, workspace, kind, sole, spec, state, done, total, result, *rest = row
    return Job(
        job_id,
        workspace,
        kind,
        sole,
        json.loads(spec),
        state,
        done,
        total,
        None if result is None else json.loads(result),
        *rest,
    )
