"""The JSON of the own API's objects."""

from __future__ import annotations

from typing import Any

from carpel.domain.contacts import Contact
from carpel.domain.fields import Field
from carpel.domain.keys import Key
from carpel.domain.lists import List
from carpel.domain.segments import Count, Segment, Segments
from carpel.domain.workspaces import Workspace
from carpel.kit.instants import format_instant


def count(value: Count) -> dict[str, Any]:
    """How many, as of when, whether exact, under which version of the rules."""
    return {
        "value": value.value,
        "at": format_instant(value.at),
        "exact": value.exact,
        "definition_version": value.definition_version,
    }


def segment(found: Segment, segments: Segments) -> dict[str, Any]:
    """A segment with its count as it stands."""
    return {
        "id": found.id,
        "code": found.code,
        "name": found.name,
        "sql": found.sql,
        "document": found.document,
        "description": found.sentence,
        "note": found.note,
        "tags": list(found.tags),
        "teams": list(found.teams),
        "analytics": found.analytics,
        "list": found.list,
        "archived": found.archived_at is not None,
        "archived_at": None if found.archived_at is None else format_instant(found.archived_at),
        "created_at": format_instant(found.created_at),
        "updated_at": format_instant(found.updated_at),
        "version": found.version,
        "count": count(segments.count(found)),
    }


def contact(found: Contact) -> dict[str, Any]:
    """A contact: its identifiers beside the id, its other fields under `fields`."""
    return {
        "id": found.id,
        **found.identifiers,
        "fields": found.fields,
        "lists": found.lists,
        "created_at": format_instant(found.created_at),
        "updated_at": format_instant(found.updated_at),
    }


def member(found: Contact, entered_at: int | None) -> dict[str, Any]:
    """A contact as a member of a segment: since when it is in."""
    since = None if entered_at is None else format_instant(entered_at)
    return {**contact(found), "entered_at": since}


def segment_of(found: Segment, entered_at: int | None) -> dict[str, Any]:
    """A segment that a contact is in, and since when."""
    since = None if entered_at is None else format_instant(entered_at)
    return {"id": found.id, "code": found.code, "name": found.name, "entered_at": since}


def field(found: Field) -> dict[str, Any]:
    """A field; only custom ones have a time of creation."""
    shown: dict[str, Any] = {"name": found.name, "type": found.type, "role": found.role}
    if found.role == "custom":
        shown["created_at"] = format_instant(found.created_at)
    return shown


def list_(found: List) -> dict[str, Any]:
    """A list."""
    return {"id": found.id, "name": found.name, "created_at": format_instant(found.created_at)}


def workspace(found: Workspace) -> dict[str, Any]:
    """A workspace."""
    return {
        "id": found.id,
        "name": found.name,
        "project_key": found.project_key,
        "created_at": format_instant(found.created_at),
    }


def key(found: Key, workspace_name: str) -> dict[str, Any]:
    """A key without its secret."""
    return {
        "id": found.id,
        "name": found.name,
        "workspace": workspace_name,
        "permissions": sorted(found.permissions),
        "allow_ips": list(found.allow_ips),
        "created_at": format_instant(found.created_at),
        "revoked_at": None if found.revoked_at is None else format_instant(found.revoked_at),
    }
