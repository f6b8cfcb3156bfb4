"""`POST /users/export/segment` and `POST /export/segment/cancel` (contracts/braze.md §3.4, §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carpel.domain.files import File
from carpel.domain.refusals import Conflict
from carpel.domain.segments import Segment
from carpel.kit.clock import HOUR, SECOND
from carpel.kit.ids import new_id

from . import errors, found
from .context import Call
from .export_files import KIND

# How long Braze's own links work.
LINK_GOOD_FOR = 4 * HOUR
MOST_AT_ONCE = 100
MOST_ATTRIBUTES = 500


async def export_segment(call: Call) -> dict[str, Any]:
    """Begin to write a segment's users into a zip; the link works (404 before) once it is written."""
    body = await call.body()
    segment = _segment(call, body)
    fields = found.texts(body, "fields_to_export")
    attributes = found.texts(body, "custom_attributes_to_export")
    if len(attributes) > MOST_ATTRIBUTES:
        raise errors.BrazeError(
            400, f"custom_attributes_to_export can have at most {MOST_ATTRIBUTES} attributes"
        )
    if body.get("output_format", "zip") != "zip":
        raise errors.BrazeError(
            400, "output_format must be zip: gzip is for exports to cloud storage of your own"
        )
    spec = {
        "segment": segment.id,
        "fields": fields or None,
        "attributes": attributes or None,
        "callback": _callback(body),
        "seq": call.rooms.ingest.last_seq,
    }
    file, url = await call.off_loop(_begin, call, segment, spec)
    seconds = call.rooms.clock.now() // SECOND
    return {"object_prefix": f"{file.id}-{seconds}", "url": url}


async def cancel(call: Call) -> dict[str, Any]:
    """End all running exports of a segment."""
    segment = _segment(call, await call.body())
    await call.off_loop(_cancel, call, segment)
    return {}


def _begin(call: Call, segment: Segment, spec: dict[str, Any]) -> tuple[File, str]:
    rooms, workspace = call.rooms, call.workspace.no
    running = [one for one in rooms.jobs.list_of(workspace, [KIND]) if not one.is_finished]
    if len(running) >= MOST_AT_ONCE or any(one.sole == segment.id for one in running):
        raise errors.export_running()
    expires_at = rooms.clock.now() + LINK_GOOD_FOR
    file = rooms.files.promise(workspace, f"{new_id()}.zip", "application/zip", expires_at)
    url = str(call.request.base_url).rstrip("/") + rooms.files.link(file, "get")
    spec = {**spec, "file": file.id, "url": url}
    try:
        rooms.jobs.submit(workspace, KIND, spec, sole=segment.id)
    except Conflict:
        rooms.files.drop(file)
        raise errors.export_running() from None
    return file, url


def _cancel(call: Call, segment: Segment) -> None:
    jobs, workspace = call.rooms.jobs, call.workspace.no
    for job in jobs.list_of(workspace, [KIND]):
        if job.sole == segment.id and not job.is_finished:
            jobs.cancel(workspace, job.id)


def _segment(call: Call, body: Mapping[str, Any]) -> Segment:
    given = body.get("segment_id")
    segment_id = given if isinstance(given, str) else ""
    segment = call.rooms.segments.by_id(call.workspace, segment_id)
    if segment is None:
        raise errors.bad_segment_id()
    return segment


def _callback(body: Mapping[str, Any]) -> str | None:
    given = body.get("callback_endpoint")
    if given is None or given == "":
        return None
    if not isinstance(given, str) or not given.startswith(("http://", "https://")):
        raise errors.BrazeError(400, "callback_endpoint must be a URL")
    return given
