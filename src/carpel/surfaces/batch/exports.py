"""`/profiles/export` and `/exports/*` (contracts/batch.md §4.2, §4.3)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from carpel.domain.files import BadLink
from carpel.domain.jobs import Job, State
from carpel.domain.refusals import NoSuch
from carpel.domain.segments import Segment
from carpel.kit.instants import format_second

from . import errors, paging
from .attribute_names import NATIVE
from .context import Call, Rooms
from .export_files import KIND
from .object_ids import domain_id, object_id

IDENTIFIERS = ("custom_id", "installation_ids")
_MOST_LISTED = 100_000
_STATUS: dict[State, str] = {
    "held": "CREATED",
    "queued": "PENDING",
    "running": "RUNNING",
    "done": "SUCCESS",
    "failed": "ERROR",
    "cancelled": "ERROR",
}


async def create(call: Call) -> Response:
    """`POST /profiles/export`: 202 with the id of a job that writes the files."""
    body = await call.json()
    request = _checked(body)
    segment = _segment(call, body)
    if segment is None:
        call.limits.request(call.workspace, "/profiles/export", call.now)
    else:
        call.limits.segment_export(call.workspace, call.now)
        request["filter"] = {"segment": segment.code}
    spec = {
        "request": request,
        "segment": segment.id if segment is not None else None,
        "seq": call.rooms.ingest.last_seq,
    }
    job = await call.off_loop(call.rooms.jobs.submit, call.workspace.no, KIND, spec)
    return call.answer({"id": object_id("export", job.id)}, 202)


async def view(call: Call) -> Response:
    """`GET /exports/view?id=…`."""
    text = call.request.query_params.get("id")
    if not text:
        raise errors.missing("id is required")
    job_id = domain_id("export", text)
    try:
        job = call.rooms.jobs.find(call.workspace.no, job_id or "")
    except NoSuch:
        job = None
    if job is None or job.kind != KIND:
        raise errors.not_found("The provided export id does not match any export")
    return call.answer(_shown(call, job))


async def list_exports(call: Call) -> Response:
    """`GET /exports/list`: the newest first, so that an export just asked for is on page one."""
    limit = paging.limit_of(call.request)
    cursors = paging.Cursors(call.workspace, "exports", r"export_[0-9a-z]{32}")
    place = paging.place_of(call.request, cursors)
    jobs = await call.off_loop(
        call.rooms.jobs.list_of, call.workspace.no, [KIND], most=_MOST_LISTED
    )
    by_id = {object_id("export", job.id): job for job in jobs}
    order = sorted(((job.created_at, one) for one, job in by_id.items()), reverse=True)
    following = [one for one in order if place is None or one < place.key]
    page, more = paging.cut(following, limit)
    shown = [_shown(call, by_id[one]) for _, one in page]
    last = cursors.make(page[-1][1], page[-1][0]) if more else None
    return call.listing("exports", shown, len(order), last)


async def download(rooms: Rooms, request: Request) -> Response:
    """`GET /exports/download?id=…`: the id is the permission; clients send no key along."""
    file_id = domain_id("file", request.query_params.get("id", ""))
    try:
        file = rooms.files.read(file_id or "")
    except BadLink:
        raise errors.not_found("There is no such file") from None
    made_here = file.name.startswith("export_") and file.most is None
    if not made_here or file.size is None or rooms.clock.now() >= file.expires_at:
        raise errors.not_found("There is no such file")
    return FileResponse(
        rooms.files.path_of(file),
        media_type=file.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "Cache-Control": "private, no-store",
        },
    )


# ------------------------------------------------------------------- a request


def _checked(body: Any) -> dict[str, Any]:
    """The request as it is kept and shown again.

    Raises:
        BatchError: (400) it makes no sense, or asks for what Carpel does not have.
    """
    if not isinstance(body, dict):
        raise errors.malformed("The body must be an object")
    kind = body.get("export_type")
    if kind is None:
        raise errors.missing("export_type is required")
    if kind in ("EVENTS", "REACHABILITY"):
        raise errors.malformed(f"Carpel exports ATTRIBUTES only, not {kind}")
    if kind != "ATTRIBUTES":
        raise errors.malformed("export_type must be ATTRIBUTES")
    request: dict[str, Any] = {"export_type": kind}
    for name in ("attributes", "identifiers"):
        if body.get(name) is not None:
            request[name] = _names(name, body[name])
    if len(request) == 1:
        raise errors.missing("At least one of attributes and identifiers is required")
    return request


def _names(what: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise errors.malformed(f"{what} must be an array of at least one string")
    for one in value:
        if what == "identifiers" and one not in IDENTIFIERS:
            raise errors.malformed(f"identifiers can be {' and '.join(IDENTIFIERS)}")
        if what == "attributes" and (not one or (one.startswith("$") and one not in NATIVE)):
            raise errors.malformed(f"There is no attribute {one!r}")
    return list(dict.fromkeys(value))


def _segment(call: Call, body: dict[str, Any]) -> Segment | None:
    found = body.get("filter")
    if found is None:
        return None
    code = found.get("segment") if isinstance(found, dict) else None
    if not isinstance(code, str):
        raise errors.malformed("filter must be an object with segment, a segment's code")
    for segment in call.rooms.segments.list_of(call.workspace):
        if segment.code == code:
            return segment
    raise errors.malformed(f"There is no segment with the code {code[:100]!r}")


# ------------------------------------------------------------------- an export


def _shown(call: Call, job: Job) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": object_id("export", job.id),
        "request_date": format_second(job.created_at),
    }
    if job.started_at is not None:
        shown["start_date"] = format_second(job.started_at)
    if job.finished_at is not None:
        shown["completion_date"] = format_second(job.finished_at)
    return shown | {
        "scope": "PROFILE_ATTRIBUTES",
        "status": _STATUS[job.state],
        "files": _files(call, job),
        "request": job.spec["request"],
    }


def _files(call: Call, job: Job) -> list[dict[str, Any]]:
    """The parts; their addresses carry the version that the caller speaks (batch.md §2.1)."""
    base = str(call.request.base_url).rstrip("/")
    shown = []
    for part, file in enumerate((job.result or {}).get("files", []), start=1):
        file_id = object_id("file", file["id"])
        url = f"{base}/2.{call.version}/exports/download?id={file_id}"
        shown.append({"id": file_id, "part": part, "size": file["size"], "url": url})
    return shown
