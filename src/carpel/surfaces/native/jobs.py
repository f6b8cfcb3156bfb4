"""Jobs and exports: work in the background, its progress and its end."""

from __future__ import annotations

from starlette.responses import Response

from carpel.domain.exports.service import KIND
from carpel.domain.jobs import Job

from . import params, shapes
from .bodies import ExportBody, given, read_body
from .context import Call

JOBS_PARAMS = (
    params.number("limit", "How many of the newest are shown.", most=1_000, default=100),
    params.text("kind", "Only those of this kind, such as export."),
)
EXPORTS_PARAMS = JOBS_PARAMS[:1]
LONGEST_WAIT_S = 60
WAIT_PARAMS = (
    params.number("wait", "Seconds to wait for the end.", most=LONGEST_WAIT_S, default=0, least=0),
)


async def list_jobs(call: Call) -> Response:
    """Jobs of the last 90 days, the newest first."""
    kinds = [call.given["kind"]] if call.given["kind"] else []
    return call.answer(await _listed(call, kinds))


async def read_job(call: Call) -> Response:
    """How far a job is, or what came of it."""
    found = call.rooms.jobs.find(call.workspace.no, call.values["job"])
    if call.given["wait"] and not found.is_finished:
        await call.off_loop(call.rooms.jobs.wait, found.id, call.given["wait"])
        found = call.rooms.jobs.find(call.workspace.no, found.id)
    return call.answer(_shown(call, found))


async def cancel_job(call: Call) -> Response:
    """End a job before it is done; a finished one stays as it is."""
    found = await call.off_loop(call.rooms.jobs.cancel, call.workspace.no, call.values["job"])
    return call.answer(_shown(call, found))


async def list_exports(call: Call) -> Response:
    """Exports of the last 90 days, the newest first."""
    return call.answer(await _listed(call, [KIND]))


async def create_export(call: Call) -> Response:
    """Have the members of a segment written to a file: CSV, NDJSON or Parquet, kept for a week.

    The answer is a job; once it is done, `result.url` is a signed link on this server.
    """
    body = await read_body(call, ExportBody)
    segment = call.rooms.segments.read(call.workspace, body.segment)
    fresh, jobs = call.fresh_id(), call.rooms.jobs
    job = await call.off_loop(jobs.known, call.workspace.no, fresh) if fresh else None
    if job is None:
        job = await call.off_loop(
            call.rooms.exports.create, call.workspace, segment, body.format, given(body.fields),
            fresh,
        )  # fmt: skip
    return call.created(_shown(call, job), f"/exports/{job.id}", 202)


async def _listed(call: Call, kinds: list[str]) -> shapes.Page[shapes.Job]:
    found = await call.off_loop(
        call.rooms.jobs.list_of, call.workspace.no, kinds, call.given["limit"]
    )
    return shapes.Page([_shown(call, one) for one in found])


def _shown(call: Call, found: Job) -> shapes.Job:
    """A job; of exports the result with a link, of others' jobs without what is their door's."""
    return shapes.Job.of(found, call.rooms.exports.result(found))
