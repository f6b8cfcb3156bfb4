"""Contacts and counts as SendGrid shows them (contracts/sendgrid.md §3.1).

Each endpoint has its own habits, recorded live:

    full      search, one contact, batch: empty texts are there, `alternate_emails` is an array
    recent    the newest contacts: nothing empty left out either, `alternate_emails` null when empty,
              no `segment_ids`, `updated_at` to the nanosecond, and a singular link
    sample    a segment's sample: only what is not empty
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from carpel.domain.contacts import Contact
from carpel.domain.segments import Segments
from carpel.domain.workspaces import Workspace
from carpel.kit.clock import SECOND
from carpel.kit.instants import format_second

from .context import Call
from .field_ids import RESERVED_NAMES

Style = Literal["full", "recent", "sample"]

_TEXTS = (
    "address_line_1", "address_line_2", "city", "country", "email", "first_name", "last_name",
    "postal_code", "state_province_region", "phone_number", "whatsapp", "line", "facebook",
    "unique_name", "phone_number_id", "external_id", "anonymous_id",
)  # fmt: skip
# The vendor's short names of the kinds of identifiers (live, not in the spec).
_COUNTED = {
    "AID": "anonymous_id",
    "EID": "email",
    "EXTID": "external_id",
    "PHNID": "phone_number_id",
}


def read_contacts(call: Call, numbers: Sequence[int], style: Style) -> list[dict[str, Any]]:
    """These contacts, each with the segments it is in, in the order of the numbers."""
    found = call.rooms.contacts.read_numbered(call.workspace, numbers)
    inside = memberships(call.rooms.segments, call.workspace) if style != "recent" else []
    return [
        shown(contact, [one for one, members in inside if number in members], call.base, style)
        for number, contact in found
    ]


def identifier_counts(tally: Mapping[str, int]) -> dict[str, int]:
    """How many contacts have each kind of identifier."""
    return {short: tally[name] for short, name in _COUNTED.items()}


def memberships(segments: Segments, workspace: Workspace) -> list[tuple[str, Any]]:
    """Each segment's id and its members, as computed last."""
    published = ((one.id, segments.members(one)) for one in segments.list_of(workspace))
    return [(segment_id, found.members) for segment_id, found in published if found is not None]


def shown(contact: Contact, segment_ids: list[str], base: str, style: Style) -> dict[str, Any]:
    """A contact as an endpoint shows it."""
    known = {**contact.fields, **contact.identifiers}
    custom = {
        name: one
        for name, one in contact.fields.items()
        if name not in RESERVED_NAMES and not _is_object(one)
    }
    found: dict[str, Any] = {name: known.get(name, "") for name in _TEXTS}
    found["alternate_emails"] = known.get("alternate_emails", [])
    found |= {
        "id": contact.id,
        "list_ids": contact.lists,
        "segment_ids": segment_ids,
        "custom_fields": custom,
        "created_at": format_second(contact.created_at),
        "updated_at": format_second(contact.updated_at),
        "_metadata": {"self": f"{base}/contacts/{contact.id}"},
    }
    if style == "sample":
        always = ("list_ids", "segment_ids")
        return {
            name: one for name, one in found.items() if name in always or one not in ("", [], {})
        }
    if style == "recent":
        del found["segment_ids"]
        found["alternate_emails"] = found["alternate_emails"] or None
        found["updated_at"] = _nanoseconds(contact.updated_at)
        found["_metadata"] = {"self": f"{base}/contact/{contact.id}"}
    return found


def _nanoseconds(instant: int) -> str:
    fraction = instant % SECOND
    return f"{format_second(instant)[:-1]}.{fraction * 1000:09d}Z"


def _is_object(value: Any) -> bool:
    """Objects have no type here, and are left out (field_ids.is_custom)."""
    members = value if isinstance(value, list) else [value]
    return any(isinstance(one, dict) for one in members)
