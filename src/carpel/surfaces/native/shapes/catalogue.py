"""Fields, lists, keys, workspaces and jobs."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from carpel.domain.fields import Field as DomainField
from carpel.domain.jobs import Job as DomainJob
from carpel.domain.keys import Key as DomainKey
from carpel.domain.lists import List as DomainList
from carpel.domain.workspaces import Workspace as DomainWorkspace
from carpel.kit.instants import format_instant

from .words import Instant, Texts, instant


class Field(Struct):
    """A field; only custom ones have a time of creation."""

    name: str
    type: str
    role: str
    created_at: Instant | UnsetType = UNSET

    @classmethod
    def of(cls, found: DomainField) -> Field:
        custom = found.role == "custom"
        return cls(found.name, found.type, found.role,
                   format_instant(found.created_at) if custom else UNSET)  # fmt: skip


class List(Struct):
    """A list and how many are in it."""

    id: str
    name: str
    size: int
    created_at: Instant

    @classmethod
    def of(cls, found: DomainList, size: int) -> List:
        return cls(found.id, found.name, size, format_instant(found.created_at))


class Workspace(Struct):
    """A workspace."""

    id: str
    name: str
    project_key: str
    created_at: Instant

    @classmethod
    def of(cls, found: DomainWorkspace) -> Workspace:
        return cls(found.id, found.name, found.project_key, format_instant(found.created_at))


class Key(Struct, kw_only=True):
    """A key without its secret, which is in the answer to its making alone."""

    id: str
    name: str
    workspace: str
    permissions: Texts
    allow_ips: Texts
    created_at: Instant
    revoked_at: Instant | None
    key: str | UnsetType = UNSET

    @classmethod
    def of(cls, found: DomainKey, workspace: str, secret: str | UnsetType = UNSET) -> Key:
        return cls(
            id=found.id, name=found.name, workspace=workspace,
            permissions=sorted(found.permissions), allow_ips=[*found.allow_ips],
            created_at=format_instant(found.created_at), revoked_at=instant(found.revoked_at),
            key=secret,
        )  # fmt: skip


class Job(Struct):
    """Work in the background. `done` of `total` (null: not known yet) says how far it is."""

    id: str
    kind: str
    state: str
    done: int
    total: int | None
    result: Any
    error: str | None
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None

    @classmethod
    def of(cls, found: DomainJob, result: Any = None) -> Job:
        return cls(found.id, found.kind, found.state, found.done, found.total, result, found.error,
                   format_instant(found.created_at), instant(found.started_at),
                   instant(found.finished_at))  # fmt: skip
