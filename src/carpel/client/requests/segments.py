"""Segments: what they are, who is in them, and how that went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from carpel.client import models as m

from .request import Request, at


def segments(**filters: Any) -> Request[m.Page[m.Segment]]:
    """Segments by name, tag, team, list, archived."""
    return Request("GET", "/segments", m.Page[m.Segment], filters)


def segment(reference: str) -> Request[m.Segment]:
    """One, by id, code or name."""
    return Request("GET", at("segments", reference), m.Segment)


def create_segment(definition: Mapping[str, Any], key: str | None = None) -> Request[m.Segment]:
    """A new one."""
    return Request("POST", "/segments", m.Segment, body=definition, key=key)


def edit_segment(reference: str, changes: Mapping[str, Any]) -> Request[m.Segment]:
    """Change what is given."""
    return Request("PATCH", at("segments", reference), m.Segment, body=changes)


def delete_segment(reference: str) -> Request[None]:
    """Delete it and its history."""
    return Request("DELETE", at("segments", reference), type(None))


def archive_segment(reference: str) -> Request[m.Segment]:
    """Put it away; it is kept, and counted no more."""
    return Request("POST", at("segments", reference, "archive"), m.Segment)


def restore_segment(reference: str) -> Request[m.Segment]:
    """Take it back from the archive."""
    return Request("POST", at("segments", reference, "restore"), m.Segment)


def preview(rules: str | Mapping[str, Any]) -> Request[m.Preview]:
    """What a query, as text or as a document, would give now."""
    return Request("POST", "/segments/preview", m.Preview, body=_rules(rules))


def validate(rules: str | Mapping[str, Any]) -> Request[m.Validated]:
    """Every problem of a query, or what it means."""
    return Request("POST", "/segments/validate", m.Validated, body=_rules(rules))


def members(reference: str, limit: int) -> Request[m.Members]:
    """A segment's members, page by page."""
    return Request("GET", at("segments", reference, "members"), m.Members, {"limit": limit})


def explain(reference: str, contact: str) -> Request[m.Explanation]:
    """Why a contact is in or out."""
    return Request("GET", at("segments", reference, "members", contact), m.Explanation)


def series(reference: str, **query: Any) -> Request[m.Series]:
    """Sizes over time: start, end, interval, timezone."""
    given = {"from" if name == "start" else "to" if name == "end" else name: value
             for name, value in query.items()}  # fmt: skip
    return Request("GET", at("segments", reference, "series"), m.Series, given)


def versions(reference: str, moment: str | None = None) -> Request[m.Page[m.Version]]:
    """All rules a segment has had, or those that held at a moment."""
    return Request("GET", at("segments", reference, "versions"), m.Page[m.Version], {"at": moment})


def revert_segment(
    reference: str, *, version: int | None = None, moment: str | None = None
) -> Request[m.Segment]:
    """Earlier rules hold again: those of a version, or those that held at a moment."""
    body = {"version": version} if moment is None else {"at": moment}
    return Request("POST", at("segments", reference, "revert"), m.Segment, body=body)


def used_by(reference: str) -> Request[m.Page[m.User]]:
    """What refers to a segment."""
    return Request("GET", at("segments", reference, "used-by"), m.Page[m.User])


def overlap(reference: str, others: Sequence[str]) -> Request[m.Overlaps]:
    """How many members it shares with others."""
    query = {"with": list(others)}
    return Request("GET", at("segments", reference, "overlap"), m.Overlaps, query)


def _rules(rules: str | Mapping[str, Any]) -> dict[str, Any]:
    return {"sql": rules} if isinstance(rules, str) else {"document": rules}
