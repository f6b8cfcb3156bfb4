"""The rules of a segment at any past moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from carpel.domain.refusals import NoSuch
from carpel.domain.workspaces import Workspace

from .dialects import Dialect
from .model import Definition, Segment
from .service import Segments


@dataclass(frozen=True)
class Version:
    """Rules that held from a moment on. `list` is an id; None also when the list is gone."""

    version: int
    at: int
    sql: str
    document: dict[str, Any]
    list: str | None
    dialect: Dialect


def versions(segments: Segments, segment: Segment) -> list[Version]:
    """All versions, the oldest first."""
    return [
        Version(one.version, one.at, one.sql, one.document,
                segments.list_id(segment.workspace, one.list), one.dialect)
        for one in segments.versions(segment)
    ]  # fmt: skip


def version_at(segments: Segments, segment: Segment, at: int) -> Version:
    """The rules that held at an instant.

    Raises:
        NoSuch: the segment was not there yet.
    """
    found = [one for one in versions(segments, segment) if one.at <= at]
    if not found:
        raise NoSuch("no_such_version", "the segment was not there at that time", "at")
    return found[-1]


def revert(segments: Segments, workspace: Workspace, segment: Segment, number: int) -> Segment:
    """Make the rules of an earlier version the newest ones.

    Raises:
        NoSuch: there is no version of this number.
        BadQuery, Invalid: they name something that is gone.
    """
    for one in versions(segments, segment):
        if one.version == number:
            wanted = Definition(
                sql=one.sql, dialect=one.dialect, list=one.list, clear_list=one.list is None
            )
            return segments.edit(workspace, segment, wanted)
    raise NoSuch("no_such_version", f"there is no version {number}", "version")
