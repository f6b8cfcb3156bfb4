"""Segments: what they are, how they were, and why somebody is in."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from carpel.domain.history import Stretch as DomainStretch
from carpel.domain.segments import (
    Count as DomainCount,
    Progress,
    Segment as DomainSegment,
    Segments,
)
from carpel.domain.segments.versions import Version as DomainVersion
from carpel.kit.instants import format_instant

from .contacts import Contact
from .words import Instant, Numbers, Objects, Texts, instant


class Count(Struct):
    """How many, as of when, whether exact, under which version of the rules."""

    value: int
    at: Instant
    exact: bool
    definition_version: int

    @classmethod
    def of(cls, value: DomainCount) -> Count:
        return cls(value.value, format_instant(value.at), value.exact, value.definition_version)


class Building(Struct):
    """New rules being worked out: from 0 to 1, since when, and for how many segments together.

    Until they are, the count is that of the rules before, and follows data and time by them.
    """

    fraction: float
    since: Instant
    segments: int

    @classmethod
    def of(cls, found: Progress) -> Building:
        return cls(round(found.fraction, 3), format_instant(found.since), found.segments)


class Segment(Struct, kw_only=True):
    """A segment with its count as it stands."""

    id: str
    code: str
    name: str
    sql: str
    document: dict[str, Any]
    description: str
    note: str
    tags: Texts
    teams: Texts
    analytics: bool
    list: str | None
    archived: bool
    archived_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int
    problem: str | None
    count: Count
    trend: Numbers | UnsetType = UNSET
    building: Building | UnsetType = UNSET

    @classmethod
    def of(cls, found: DomainSegment, segments: Segments) -> Segment:
        progress = segments.building(found)
        return cls(
            id=found.id, code=found.code, name=found.name, sql=found.sql, document=found.document,
            description=found.sentence, note=found.note, tags=[*found.tags],
            teams=[*found.teams], analytics=found.analytics, list=found.list,
            archived=found.archived_at is not None, archived_at=instant(found.archived_at),
            created_at=format_instant(found.created_at),
            updated_at=format_instant(found.updated_at), version=found.version,
            problem=found.problem, count=Count.of(segments.count(found)),
            building=Building.of(progress) if progress is not None else UNSET,
        )  # fmt: skip


class Why(Struct):
    """One clause of the rules: what it says, whether it is true, and what was seen.

    `decides`: were its truth the other one, for all clauses that decide, so were the whole's.
    """

    kind: str
    sql: str
    sentence: str
    true: bool
    seen: dict[str, Any]
    parts: list[Why]
    decides: bool


class Explanation(Struct):
    """Whether a contact is in a segment, why, and when time alone would change it."""

    member: bool
    since: Instant | None
    at: Instant
    why: Why
    next_change_at: Instant | None
    contact: Contact


class Clause(Struct):
    """How many one part of a query keeps by itself."""

    sql: str
    description: str
    count: int


class Preview(Struct):
    """What a query would give if it were a segment now."""

    sql: str
    document: dict[str, Any]
    description: str
    count: Count
    sample: list[Contact]
    clauses: list[Clause]


class Version(Struct):
    """The rules of a segment from a moment on."""

    version: int
    at: Instant
    sql: str
    document: dict[str, Any]
    list: str | None

    @classmethod
    def of(cls, found: DomainVersion) -> Version:
        at = format_instant(found.at)
        return cls(found.version, at, found.sql, found.document, found.list)


class DefinitionChange(Struct):
    """When the rules became which version."""

    version: int
    at: Instant


class Stretch(Struct):
    """A segment over one interval: the size at its end, null before the segment was."""

    start: Instant
    end: Instant
    size: int | None
    entered: int
    left: int
    net: int

    @classmethod
    def of(cls, one: DomainStretch) -> Stretch:
        return cls(format_instant(one.start), format_instant(one.end), one.size, one.entered,
                   one.left, one.net)  # fmt: skip


class Series(Struct):
    """How a segment's size went, and when its rules changed."""

    interval: str
    timezone: str
    data: list[Stretch]
    definitions: list[DefinitionChange]


class User(Struct):
    """Something that refers to a segment."""

    kind: str
    id: str
    name: str


class Overlap(Struct):
    """A segment beside another, at one moment."""

    segment: str
    size: int
    both: int
    only_this: int
    only_other: int
    share_of_this: float | None


class Overlaps(Struct):
    """A segment beside others."""

    segment: str
    size: int
    data: list[Overlap]


class Verified(Struct):
    """A segment as kept, and recomputed from scratch."""

    segment: str
    name: str
    count: int
    recomputed: int
    total_differences: int
    differences: Objects
