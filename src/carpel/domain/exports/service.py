"""Asking for exports, and writing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from carpel.domain.contacts import Contact, Contacts
from carpel.domain.feed import Feed
from carpel.domain.fields import Field, Fields
from carpel.domain.files import BadLink, Files
from carpel.domain.jobs import Job, Jobs, Work
from carpel.domain.refusals import Invalid
from carpel.domain.segments import Segment, Segments, members
from carpel.domain.workspaces import Workspace, Workspaces
from carpel.kit.clock import DAY
from carpel.kit.instants import format_instant

from .writers import writer_for

KIND = "export"
Format = Literal["csv", "ndjson", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)

_MEDIA_TYPES = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_KEPT_FOR = 7 * DAY
_BATCH = 5_000
_FIXED = {
    "id": "text",
    "external_id": "text",
    "email": "text",
    "phone_number_id": "text",
    "anonymous_id": "text",
    "created_at": "date",
    "updated_at": "date",
    "entered_at": "date",
    "list_ids": "text-list",
}


class Exports:
    """Exports of all workspaces: each is a job, and its result a file for a week."""

    def __init__(  # noqa: PLR0913, PLR0917  (an export reaches into all of them)
        self,
        workspaces: Workspaces,
        segments: Segments,
        contacts: Contacts,
        fields: Fields,
        feed: Feed,
        jobs: Jobs,
        files: Files,
    ) -> None:
        self._workspaces = workspaces
        self._segments = segments
        self._contacts = contacts
        self._fields = fields
        self._feed = feed
        self._jobs = jobs
        self._files = files
        jobs.register(KIND, self._write)

    def create(
        self,
        workspace: Workspace,
        segment: Segment,
        file_format: Format,
        names: Sequence[str] | None,
        job_id: str | None = None,
    ) -> Job:
        """Have the members written, with these fields or all; the job may be given its id.

        Raises:
            Invalid: a field is not known.
        """
        for name in names or ():
            if self._fields.find(workspace.no, name) is None:
                raise Invalid("unknown_field", f"there is no field {name!r}", "fields")
        spec = {
            "segment": segment.id,
            "format": file_format,
            "fields": None if names is None else list(names),
        }
        return self._jobs.submit(workspace.no, KIND, spec, job_id=job_id)

    def result(self, job: Job) -> dict[str, Any] | None:
        """How many rows, and a link to the file while it is there."""
        if job.kind != KIND or not isinstance(job.result, dict):
            return None
        try:
            file = self._files.read(job.result["file"])
        except BadLink:
            return None
        return {
            "rows": job.result["rows"],
            "bytes": file.size,
            "url": self._files.link(file, "get"),
            "expires_at": format_instant(file.expires_at),
        }

    def _write(self, work: Work) -> dict[str, Any]:
        workspace = self._workspaces.by_number(work.workspace)
        segment = self._segments.read(workspace, work.spec["segment"])
        chosen = self._chosen(workspace, work.spec["fields"])
        file_format = work.spec["format"]
        self._segments.settle([segment])
        name = f"{segment.code.lower()}.{file_format}"
        expires_at = work.created_at + _KEPT_FOR
        rows = 0
        with self._files.writing(workspace.no, name, _MEDIA_TYPES[file_format], expires_at) as (
            file,
            stream,
        ):
            writer = writer_for(file_format, stream, _FIXED, chosen)
            for page in members.pages(self._segments, self._feed, segment, _BATCH):
                work.check()
                people = self._contacts.read_numbered(workspace, page.numbers)
                writer.write([_row(one, page.entered_at.get(no), chosen) for no, one in people])
                rows += len(people)
                work.progress(rows, page.total)
            writer.close()
        return {"file": file.id, "rows": rows}

    def _chosen(self, workspace: Workspace, names: Sequence[str] | None) -> list[Field]:
        everything = self._fields.by_number(workspace.no).values()
        if names is None:
            return list(everything)
        found = [self._fields.find(workspace.no, name) for name in names]
        return [one for one in found if one is not None and one.name not in _FIXED]


def _row(found: Contact, entered_at: int | None, chosen: Sequence[Field]) -> dict[str, Any]:
    return {
        "id": found.id,
        **found.identifiers,
        "created_at": format_instant(found.created_at),
        "updated_at": format_instant(found.updated_at),
        "entered_at": None if entered_at is None else format_instant(entered_at),
        "list_ids": found.lists,
        **{field.name: found.fields.get(field.name) for field in chosen},
    }
