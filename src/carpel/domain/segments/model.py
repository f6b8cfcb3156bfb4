"""What a segment is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from carpel.engine.tracked import Count

from .dialects import Dialect


@dataclass(frozen=True)
class Segment:
    """A segment and its rules as they stand.

    `sql` is the text its author wrote (canonical when it came as a document); `sentence` says the
    rules in English; `list` is the id of the list it is restricted to; `dialect` the language of
    `sql`. `problem` says why nobody is in it: its rules name something that is gone.
    """

    no: int
    id: str
    workspace: int
    code: str
    name: str
    sql: str
    document: dict[str, Any]
    sentence: str
    note: str
    analytics: bool
    tags: tuple[str, ...]
    teams: tuple[str, ...]
    list: str | None
    version: int
    created_at: int
    updated_at: int
    archived_at: int | None
    dialect: Dialect = "carpel"
    problem: str | None = None


@dataclass(frozen=True)
class Definition:
    """What someone asks a segment to be; None leaves that as it is (on creation: the default)."""

    name: str | None = None
    sql: str | None = None
    document: Any = None
    code: str | None = None
    tags: Sequence[str] | None = None
    teams: Sequence[str] | None = None
    note: str | None = None
    analytics: bool | None = None
    list: str | None = None
    clear_list: bool = False
    dialect: Dialect = "carpel"  # of `sql`
    id: str | None = None  # which a new one is to have


@dataclass(frozen=True)
class Clause:
    """How many one part of a query keeps by itself."""

    sql: str
    sentence: str
    count: int


@dataclass(frozen=True)
class Preview:
    """What a query would give if it were a segment now."""

    sql: str
    document: dict[str, Any]
    sentence: str
    count: Count
    sample: list[int] = field(default_factory=list)  # numbers of up to 50 members
    clauses: list[Clause] = field(default_factory=list)
