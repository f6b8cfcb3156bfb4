"""Writing a segment's users: a zip of files with one user a line (contracts/braze.md §4.1)."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx

from carpel.domain.jobs import Work
from carpel.domain.refusals import NoSuch
from carpel.kit.ids import new_id
from carpel.surfaces.wire.answers import json_bytes

from .context import Rooms
from .profiles import Profiles, Wanted

KIND = "braze.segment-export"
USERS_PER_FILE = 5_000
_AT_ONCE = 1_000
_SETTLED_WITHIN_S = 120.0
_CALLBACK_TIMEOUT_S = 10.0
_log = logging.getLogger("carpel.braze")


class SegmentExports:
    """Does the jobs that `/users/export/segment` submits."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def run(self, work: Work) -> dict[str, Any]:
        """Write the zip, then tell the callback; returns how many users are in it.

        The users are the members at one moment, at which everything that was acknowledged before
        the request is counted in.
        """
        numbers = self._members(work)
        with (
            self._rooms.files.keeping(self._rooms.files.read(work.spec["file"])) as stream,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            users = 0
            for start in range(0, len(numbers), USERS_PER_FILE):
                with archive.open(f"{new_id()}.txt", "w", force_zip64=True) as member:
                    for lines in self._lines(work, numbers[start : start + USERS_PER_FILE]):
                        member.write(b"".join(lines))
                        users += len(lines)
                        work.progress(users, len(numbers))
        self._tell(work.spec["callback"], work.spec["url"])
        return {"users": users}

    def _members(self, work: Work) -> list[int]:
        workspace = self._rooms.workspaces.by_number(work.workspace)
        segments = self._rooms.segments
        segment = segments.by_id(workspace, work.spec["segment"])
        if segment is None:
            raise NoSuch("no_such_segment", "the segment was deleted before it was exported")
        self._rooms.ingest.wait(work.spec["seq"], _SETTLED_WITHIN_S)
        segments.settle([segment], work.spec["seq"], _SETTLED_WITHIN_S)
        published = segments.members(segment)
        return list(published.members) if published is not None else []

    def _lines(self, work: Work, numbers: list[int]) -> Iterator[list[bytes]]:
        rooms, spec = self._rooms, work.spec
        workspace = rooms.workspaces.by_number(work.workspace)
        profiles = Profiles(rooms.fields, rooms.tallies, workspace, rooms.clock.now())
        wanted = Wanted(*(None if one is None else frozenset(one)
                          for one in (spec["fields"], spec["attributes"])))  # fmt: skip
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            contacts = rooms.contacts.read_numbered(workspace, some)
            yield [json_bytes(one) + b"\n" for one in profiles.many(contacts, wanted)]

    def _tell(self, callback: str | None, url: str) -> None:
        """POST to the callback (body inferred); whoever does not answer has the link all the same."""
        if callback is None:
            return
        body = {"success": True, "url": url}
        try:
            httpx.post(callback, json=body, timeout=_CALLBACK_TIMEOUT_S).raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            _log.warning("the callback of an export did not take it: %s", error)
