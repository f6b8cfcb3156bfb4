"""Contacts into files (contracts/sendgrid.md §3.5): a segment is who is in it when the job runs."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from carpel.domain.contacts import Contact
from carpel.domain.files import File
from carpel.domain.jobs import Job, Work
from carpel.domain.refusals import NoSuch
from carpel.domain.workspaces import Workspace
from carpel.kit.clock import HOUR
from carpel.kit.instants import format_second
from carpel.surfaces.wire.answers import json_bytes

from . import errors, given, lists, shapes
from .context import Call, Reply, Rooms
from .field_ids import RESERVED_NAMES, is_custom

EXPORTED = "sendgrid.export"
LINKS_LIVE = 72 * HOUR
MOST_MEGABYTES = 5000
ROWS_AT_ONCE = 2_000
MOST_NAMED = 1000
_TYPES = {"csv": "text/csv", "json": "application/x-ndjson"}
# The order of a file's columns as clients have seen it, identifiers that came later after them;
# custom fields come before the last three.
_COLUMNS = (
    "email", "first_name", "last_name", "address_line_1", "address_line_2", "city",
    "state_province_region", "postal_code", "country", "alternate_emails", "phone_number",
    "whatsapp", "line", "facebook", "unique_name", "phone_number_id", "external_id", "anonymous_id",
)  # fmt: skip
_LAST = ("created_at", "updated_at", "contact_id")


async def create(call: Call) -> Reply:
    """`POST /contacts/exports` `{list_ids?, segment_ids?, file_type?, max_file_size?}`: 202."""
    body = await call.body(may_be_empty=True)
    file_type = body.get("file_type")
    if file_type is None:
        file_type = "csv"
    if not isinstance(file_type, str) or file_type not in _TYPES:
        raise errors.bad_parameter("file_type", "file_type must be csv or json")
    most = body.get("max_file_size")
    if most is None:
        most = MOST_MEGABYTES
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MOST_MEGABYTES:
        raise errors.bad_parameter("max_file_size", f"max_file_size is from 1 to {MOST_MEGABYTES}")
    chosen = lists.by_ids(call, given.texts(body, "list_ids", most=MOST_NAMED))
    spec = {
        "lists": [{"ID": one.id, "Name": one.name} for one in chosen],
        "segments": _segments(call, given.texts(body, "segment_ids", most=MOST_NAMED)),
        "file_type": file_type,
        "most_bytes": most * 1000 * 1000,
        "packed": call.manners.packed_exports,
        "root": str(call.request.base_url).rstrip("/"),
    }
    job = await call.off_loop(call.rooms.jobs.submit, call.workspace.no, EXPORTED, spec)
    return Reply({"_metadata": _metadata(call, job), "id": job.id}, 202)


async def list_exports(call: Call) -> Reply:
    """`GET /contacts/exports`: those whose files are still there."""
    now = call.rooms.clock.now()
    jobs = await call.off_loop(call.rooms.jobs.list_of, call.workspace.no, (EXPORTED,))
    result = [
        {
            **_state(job),
            "user_id": call.workspace.id,
            "export_type": _export_type(job),
            "segments": job.spec["segments"],
            "lists": job.spec["lists"],
            "_metadata": _metadata(call, job),
        }
        for job in jobs
        if _expires_at(job) > now
    ]
    return Reply({"result": result, "_metadata": {"self": f"{call.base}/contacts/exports"}})


async def read(call: Call) -> Reply:
    """`GET /contacts/exports/{id}`."""
    try:
        job = await call.off_loop(call.rooms.jobs.find, call.workspace.no, call.values["id"])
    except NoSuch:
        raise errors.missing("export", "id") from None
    if job.kind != EXPORTED:
        raise errors.missing("export", "id")
    updated = job.finished_at or job.started_at or job.created_at
    shown = {**_state(job), "updated_at": format_second(updated)}
    if job.result is not None:
        shown["contact_count"] = job.result["contact_count"]
    if job.error is not None:
        shown["message"] = job.error
    return Reply({**shown, "_metadata": _metadata(call, job)})


def _segments(call: Call, ids: list[str]) -> list[dict[str, str]]:
    found = []
    for one in dict.fromkeys(ids):
        if not given.is_id(one):
            raise errors.bad_parameter("segment_ids", f"invalid uuid: {one[:80]}")
        segment = call.rooms.segments.by_id(call.workspace, one)
        if segment is None or segment.archived_at is not None:
            raise errors.missing(f"segment {one}", "segment_ids")
        found.append({"ID": segment.id, "Name": segment.name})
    return found


def _state(job: Job) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": job.id,
        "status": _status(job),
        "created_at": format_second(job.created_at),
        "expires_at": format_second(_expires_at(job)),
        "urls": job.result["urls"] if job.result is not None else [],
    }
    if job.finished_at is not None:
        shown["completed_at"] = format_second(job.finished_at)
    return shown


def _status(job: Job) -> str:
    if not job.is_finished:
        return "pending"
    return "ready" if job.state == "done" else "failure"


def _expires_at(job: Job) -> int:
    """When the links end; of an unfinished job, when they would."""
    if job.result is not None:
        return int(job.result["expires_at"])
    return (job.finished_at or job.created_at) + LINKS_LIVE


def _export_type(job: Job) -> str:
    if job.spec["lists"]:
        return "list_export"
    return "segment_export" if job.spec["segments"] else "contacts_export"


def _metadata(call: Call, job: Job) -> dict[str, str]:
    return {"self": f"{call.base}/contacts/exports/{job.id}"}


# ------------------------------------------------------------------- the job


class Exporter:
    """Runs exports."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        rooms.jobs.register(EXPORTED, self._run)

    def _run(self, work: Work) -> dict[str, Any]:
        rooms = self._rooms
        workspace = rooms.workspaces.by_number(work.workspace)
        numbers = self._chosen(work, workspace)
        until = rooms.clock.now() + LINKS_LIVE
        count = 0
        with ExitStack() as stack:
            parts = _Parts(rooms, work, workspace, until, stack)
            for start in range(0, len(numbers), ROWS_AT_ONCE):
                work.progress(start, len(numbers))
                chunk = numbers[start : start + ROWS_AT_ONCE]
                for contact, inside in self._contacts(workspace, chunk):
                    parts.write(contact, inside)
                    count += 1
        urls = [work.spec["root"] + rooms.files.link(file, "get") for file in parts.files]
        return {"urls": urls, "contact_count": count, "expires_at": until}

    def _chosen(self, work: Work, workspace: Workspace) -> list[int]:
        rooms = self._rooms
        if not work.spec["lists"] and not work.spec["segments"]:
            return rooms.contacts.numbers(workspace, after=0, most=-1)
        found: set[int] = set()
        for one in work.spec["lists"]:
            known = rooms.lists.find(workspace.no, one["ID"])
            if known is not None:
                found.update(rooms.contacts.list_numbers(workspace, known.no, -1))
        for one in work.spec["segments"]:
            segment = rooms.segments.by_id(workspace, one["ID"])
            if segment is not None:
                rooms.segments.settle([segment])
                published = rooms.segments.members(segment)
                found.update(published.members if published is not None else ())
        return sorted(found)

    def _contacts(
        self, workspace: Workspace, numbers: Sequence[int]
    ) -> Iterator[tuple[Contact, list[str]]]:
        inside = shapes.memberships(self._rooms.segments, workspace)
        for number, contact in self._rooms.contacts.read_numbered(workspace, numbers):
            yield contact, [one for one, members in inside if number in members]


class _Parts:
    """Files one after another, none larger than asked."""

    def __init__(
        self, rooms: Rooms, work: Work, workspace: Workspace, until: int, stack: ExitStack
    ) -> None:
        self._rooms = rooms
        self._work = work
        self._workspace = workspace
        self._until = until
        self._custom = [
            one.name
            for one in rooms.fields.list_of(workspace.no)
            if is_custom(one) and one.name not in RESERVED_NAMES
        ]
        self._open = stack
        self._stream: Any = None
        self._size = 0
        self.files: list[File] = []

    def write(self, contact: Contact, inside: list[str]) -> None:
        """One more contact; a new file when it does not fit into this one."""
        line = self._line(contact, inside)
        if self._stream is None or self._size + len(line) > self._work.spec["most_bytes"]:
            self._next()
        self._put(line)

    def _next(self) -> None:
        self._open.close()
        kind = self._work.spec["file_type"]
        name, media_type = f"{self._work.id}-{len(self.files) + 1}.{kind}", _TYPES[kind]
        packed = self._work.spec["packed"]
        if packed:
            name, media_type = f"{name}.gz", "application/gzip"
        file, self._stream = self._open.enter_context(
            self._rooms.files.writing(self._workspace.no, name, media_type, self._until)
        )
        if packed:
            self._stream = self._open.enter_context(gzip.GzipFile(fileobj=self._stream, mode="wb"))
        self.files.append(file)
        self._size = 0
        if kind == "csv":
            self._put(_csv([name.upper() for name in (*_COLUMNS, *self._custom, *_LAST)]))

    def _put(self, line: bytes) -> None:
        self._stream.write(line)
        self._size += len(line)

    def _line(self, contact: Contact, inside: list[str]) -> bytes:
        base = f"{self._work.spec['root']}/v3/marketing"
        if self._work.spec["file_type"] == "json":
            return json_bytes(shapes.shown(contact, inside, base, "full")) + b"\n"
        known: dict[str, Any] = {
            **contact.fields,
            **contact.identifiers,
            "contact_id": contact.id,
            "created_at": format_second(contact.created_at),
            "updated_at": format_second(contact.updated_at),
        }
        return _csv([_cell(known.get(name)) for name in (*_COLUMNS, *self._custom, *_LAST)])


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case list():
            return ",".join(str(one) for one in value)
        case dict():
            return json_bytes(value).decode()
        case _:
            return format(value, "f") if hasattr(value, "as_tuple") else str(value)


def _csv(cells: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()
