"""Writing an export: one JSON object a line, in parts (contracts/batch.md §4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from carpel.domain.contacts import Contact
from carpel.domain.files import File
from carpel.domain.jobs import Work
from carpel.domain.refusals import NoSuch
from carpel.domain.workspaces import Workspace
from carpel.kit.clock import DAY
from carpel.surfaces.wire.answers import json_bytes

from .attribute_names import NATIVE, field_of, read_key
from .context import Rooms
from .object_ids import object_id

KIND = "batch.export"
MEDIA_TYPE = "application/x-ndjson"
# A page says three months, the OpenAPI four.
KEPT_FOR = 90 * DAY
# At most 100 MB by the contract; a smaller part is quicker to fetch again.
PART_BYTES = 8_000_000
_AT_ONCE = 1_000
_LOOK_UP_S = 0.5


class ExportFiles:
    """Does the jobs that `/profiles/export` submits."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def run(self, work: Work) -> dict[str, Any]:
        """Write all parts; returns their ids and sizes.

        A run that does not come to its end leaves no file behind; what a killed server left of one
        is removed by the next.
        """
        workspace = self._rooms.workspaces.by_number(work.workspace)
        export_id = object_id("export", work.id)
        for left in self._rooms.files.named(workspace.no, f"{export_id}-"):
            self._rooms.files.drop(left)
        lines = self._lines(work, workspace)
        made: list[tuple[File, int]] = []
        try:
            while (first := next(lines, None)) is not None:
                name = f"{export_id}-{len(made) + 1}.json"
                expires_at = work.created_at + KEPT_FOR
                with self._rooms.files.writing(workspace.no, name, MEDIA_TYPE, expires_at) as (
                    file,
                    stream,
                ):
                    stream.write(first)
                    size = len(first)
                    while size < PART_BYTES and (line := next(lines, None)) is not None:
                        stream.write(line)
                        size += len(line)
                made.append((file, size))
        except BaseException:
            for file, _ in made:
                self._rooms.files.drop(file)
            raise
        return {"files": [{"id": file.id, "size": size} for file, size in made]}

    def _lines(self, work: Work, workspace: Workspace) -> Iterator[bytes]:
        request = work.spec["request"]
        done = 0
        for numbers, total in self._numbers(work, workspace):
            for contact in self._rooms.contacts.read_many(workspace, numbers):
                yield json_bytes(profile(contact, request)) + b"\n"
            done += len(numbers)
            work.progress(done, total)

    def _numbers(self, work: Work, workspace: Workspace) -> Iterator[tuple[list[int], int]]:
        """Whose profiles are written, and how many there are in all.

        A segment's members are those of one moment, at which everything that was acknowledged
        before the request is counted in.
        """
        contacts, segments = self._rooms.contacts, self._rooms.segments
        segment_id, seq = work.spec["segment"], work.spec["seq"]
        while not self._rooms.ingest.wait_applied(seq, _LOOK_UP_S):
            work.check()
        if segment_id is None:
            total, last = contacts.count(workspace), 0
            while numbers := contacts.numbers(workspace, after=last, most=_AT_ONCE):
                yield numbers, total
                last = numbers[-1]
            return
        segment = segments.by_id(workspace, segment_id)
        if segment is None:
            raise NoSuch("no_such_segment", "the segment was deleted before it was exported")
        while not segments.settle([segment], seq, _LOOK_UP_S):
            work.check()
        published = segments.members(segment)
        members = published.members if published is not None else ()
        for start in range(0, len(members), _AT_ONCE):
            yield list(members[start : start + _AT_ONCE]), len(members)


def profile(contact: Contact, request: dict[str, Any]) -> dict[str, Any]:
    """A profile as an export shows it: what was asked for, and of that what the profile has."""
    shown: dict[str, Any] = {}
    if "identifiers" in request:
        shown["identifiers"] = _identifiers(contact, request["identifiers"])
    if "attributes" in request:
        shown["attributes"] = {
            name: value
            for name in request["attributes"]
            if (value := _attribute(contact, name)) is not None
        }
    return shown


def _identifiers(contact: Contact, wanted: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "custom_id" in wanted and "external_id" in contact.identifiers:
        found["custom_id"] = contact.identifiers["external_id"]
    if "installation_ids" in wanted:
        known = contact.identifiers.get("anonymous_id")
        found["installation_ids"] = [known] if known is not None else []
    return found


def _attribute(contact: Contact, name: str) -> Any:
    if name in NATIVE:
        field = NATIVE[name]
        value = contact.identifiers.get(field, contact.fields.get(field))
        # Another door knows a stronger consent than this one has a word for.
        return "subscribed" if name == "$email_marketing" and value == "opted_in" else value
    key = read_key(name)
    return contact.fields.get(field_of(key.name) if key is not None else name)
