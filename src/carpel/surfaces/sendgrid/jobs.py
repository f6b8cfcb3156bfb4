"""Jobs: what is taken in is applied a moment later, and a job says when (contracts/sendgrid.md §3.4).

Data is in the log before the job is answered; a job that finds after a restart that its data has
been applied is completed, though nobody counted.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import TimeoutError as NotYet
from typing import Any, Protocol

from carpel.domain.ingest import ApplyResult, ErasureRecord, Ingest, Record, Ticket
from carpel.domain.jobs import Job, Jobs, Work
from carpel.domain.refusals import Conflict, NoSuch
from carpel.kit.instants import format_second

from . import errors
from .context import Call, Reply

UPSERTED = "sendgrid.upsert"
DELETED = "sendgrid.delete"
IMPORTED = "sendgrid.import"

# As recorded live for an upsert; the one for deletions is inferred from it (§3.2).
JOB_TYPES = {
    UPSERTED: "upsert_contacts",
    IMPORTED: "upsert_contacts",
    DELETED: "delete_contacts",
}
_COUNTS = ("created_count", "updated_count", "deleted_count", "errored_count")
_LOOK_UP_S = 0.2
MOST_ERASED_AT_ONCE = 20_000


class HasJobs(Protocol):
    """The rooms that jobs need."""

    jobs: Jobs
    ingest: Ingest


class Followed:
    """Jobs whose records are in the log, and the tickets that tell when they are applied."""

    def __init__(self, rooms: HasJobs) -> None:
        self._jobs = rooms.jobs
        self._lock = threading.Lock()
        self._tickets: dict[int, list[Ticket]] = {}
        for kind in (UPSERTED, DELETED):
            rooms.jobs.register(kind, self._follow)

    def start(self, workspace: int, kind: str, tickets: list[Ticket], requested: int) -> str:
        """A job for records that are durable; returns its id."""
        seq = tickets[-1].durable.result() if tickets else 0
        with self._lock:
            self._tickets[seq] = tickets
        return self._jobs.submit(workspace, kind, {"seq": seq, "requested": requested}).id

    def fail(self, workspace: int, kind: str, reason: str) -> str:
        """A job that fails for a reason that is known already; returns its id."""
        return self._jobs.submit(workspace, kind, {"refused": reason, "requested": 1}).id

    def _follow(self, work: Work) -> dict[str, int]:
        if "refused" in work.spec:
            raise Conflict("refused", work.spec["refused"])
        with self._lock:
            tickets = self._tickets.pop(work.spec["seq"], [])
        results = [wait(ticket, work) for ticket in tickets]
        return {
            "requested_count": work.spec["requested"],
            "created_count": sum(one.created for one in results),
            "updated_count": sum(one.updated + one.unchanged for one in results),
            "deleted_count": sum(one.deleted for one in results),
        }


def wait(ticket: Ticket, work: Work) -> ApplyResult:
    """What applying a record did, once it is done.

    Raises:
        Cancelled, Interrupted: the job ends before.
    """
    while True:
        work.check()
        try:
            return ticket.applied.result(_LOOK_UP_S)
        except NotYet:
            continue


async def start_tracked(
    call: Call, kind: str, records: Sequence[Record], requested: int
) -> dict[str, Any]:
    """Log records and follow them; the answer once all are durable."""
    tickets = [await call.off_loop(call.rooms.ingest.submit, one) for one in records]
    for ticket in tickets:
        await asyncio.wrap_future(ticket.durable)
    job = await call.off_loop(call.followed.start, call.workspace.no, kind, tickets, requested)
    return {"job_id": job}


async def erase(call: Call, numbers: list[int]) -> dict[str, Any]:
    """Erase contacts by number, as many records as it takes."""
    records: list[Record] = []
    for start in range(0, len(numbers), MOST_ERASED_AT_ONCE):
        part = numbers[start : start + MOST_ERASED_AT_ONCE]
        ids = await call.off_loop(call.rooms.contacts.ids_of, call.workspace, part)
        records.append(ErasureRecord(call.workspace.no, call.rooms.clock.now(), ids))
    return await start_tracked(call, DELETED, records, len(numbers))


async def read(call: Call) -> Reply:
    """`GET /contacts/imports/{id}`: of upserts, imports and deletions alike."""
    try:
        job = await call.off_loop(call.rooms.jobs.find, call.workspace.no, call.values["id"])
    except NoSuch:
        raise errors.missing("job", "id") from None
    if job.kind not in JOB_TYPES:
        raise errors.missing("job", "id")
    return Reply(_shown(job))


def _shown(job: Job) -> dict[str, Any]:
    """The job; counts that are zero are left out, as live does."""
    counted = job.result or {}
    results: dict[str, Any] = {"requested_count": counted.get("requested_count", job.done)}
    if not counted and job.kind != IMPORTED:
        results["requested_count"] = job.spec["requested"]
    results |= {name: counted[name] for name in _COUNTS if counted.get(name)}
    if counted.get("errors_url"):
        results["errors_url"] = counted["errors_url"]
    shown = {
        "id": job.id,
        "status": _status(job, counted),
        "job_type": JOB_TYPES[job.kind],
        "results": results,
        "started_at": format_second(job.created_at),
    }
    if job.finished_at is not None:
        shown["finished_at"] = format_second(job.finished_at)
    return shown


def _status(job: Job, counted: dict[str, Any]) -> str:
    """Four words (§3.4): failed when every row was, or nothing could be read."""
    match job.state:
        case "failed" | "cancelled":
            return "failed"
        case "done":
            wrong = counted.get("errored_count", 0)
            if wrong and wrong >= counted.get("requested_count", 0):
                return "failed"
            return "errored" if wrong else "completed"
        case _:
            return "pending"
