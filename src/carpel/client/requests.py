"""The requests of the own API, each described once for the client that waits and the one that does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

from . import models as m

Answer = TypeVar("Answer")
Wait = Literal["stored", "applied"]


@dataclass(frozen=True)
class Request(Generic[Answer]):
    """What to ask, and the type of what is answered. Query values that are None are left out."""

    method: str
    path: str
    answer: type[Answer]
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None


def segments(**filters: Any) -> Request[m.Page[m.Segment]]:
    """Segments by name, tag, team, list, archived."""
    return Request("GET", "/segments", m.Page[m.Segment], filters)


def segment(reference: str) -> Request[m.Segment]:
    """One, by id, code or name."""
    return Request("GET", _segment(reference), m.Segment)


def create_segment(definition: Mapping[str, Any]) -> Request[m.Segment]:
    """A new one."""
    return Request("POST", "/segments", m.Segment, body=definition)


def edit_segment(reference: str, changes: Mapping[str, Any]) -> Request[m.Segment]:
    """Change what is given."""
    return Request("PATCH", _segment(reference), m.Segment, body=changes)


def delete_segment(reference: str) -> Request[None]:
    """Delete it and its history."""
    return Request("DELETE", _segment(reference), type(None))


def preview(sql: str) -> Request[m.Preview]:
    """What a query would give now."""
    return Request("POST", "/segments/preview", m.Preview, body={"sql": sql})


def members(reference: str, limit: int) -> Request[m.Members]:
    """A segment's members, page by page."""
    return Request("GET", f"{_segment(reference)}/members", m.Members, {"limit": limit})


def explain(reference: str, contact: str) -> Request[m.Explanation]:
    """Why a contact is in or out."""
    path = f"{_segment(reference)}/members/{quote(contact, safe='')}"
    return Request("GET", path, m.Explanation)


def series(reference: str, **query: Any) -> Request[m.Series]:
    """Sizes over time."""
    given = {"from" if name == "start" else "to" if name == "end" else name: value
             for name, value in query.items()}  # fmt: skip
    return Request("GET", f"{_segment(reference)}/series", m.Series, given)


def changes(
    cursor: str | None, segments_: Sequence[str], wait: int, limit: int
) -> Request[m.Changes]:
    """The feed after a cursor, or from the oldest change kept."""
    query = {"cursor": cursor, "segment": list(segments_) or None, "wait": wait, "limit": limit}
    return Request("GET", "/changes", m.Changes, query)


def send_contacts(items: Sequence[Mapping[str, Any]], wait: Wait | None) -> Request[m.Accepted]:
    """Make or change contacts."""
    return Request("POST", "/contacts", m.Accepted, {"wait": wait}, list(items))


def send_events(items: Sequence[Mapping[str, Any]], wait: Wait | None) -> Request[m.Accepted]:
    """Tell what contacts did."""
    return Request("POST", "/events", m.Accepted, {"wait": wait}, list(items))


def contact(reference: str) -> Request[m.Contact]:
    """One, by id, external_id or e-mail address."""
    return Request("GET", f"/contacts/{quote(reference, safe='')}", m.Contact)


def erase_contact(reference: str) -> Request[None]:
    """Forget a contact everywhere."""
    return Request("DELETE", f"/contacts/{quote(reference, safe='')}", type(None))


def _segment(reference: str) -> str:
    return f"/segments/{quote(reference, safe='')}"
