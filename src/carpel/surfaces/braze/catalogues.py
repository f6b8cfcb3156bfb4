"""`/custom_attributes`, `/events`, `/events/list` (contracts/braze.md §4.5)."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import urlencode

from carpel.domain.fields import FieldType

from . import errors
from .context import Call
from .happenings import PURCHASES
from .names import custom_attribute
from .segments import page_of

PAGE = 50
NAMES_PAGE = 250
_CURSOR = re.compile(r"skip:(\d{1,9})")
_DATA_TYPES: dict[FieldType, str] = {
    "text": "String",
    "number": "Number",
    "boolean": "Boolean",
    "date": "Date (Automatically Detected)",
    "text-list": "Array",
    "object": "Object",
}


async def custom_attributes(call: Call) -> dict[str, Any]:
    """Custom attributes, 50 a page by the alphabet."""
    fields = call.rooms.fields.list_of(call.workspace.no)
    known = {name: one for one in fields if (name := custom_attribute(one)) is not None}
    shown: list[dict[str, Any]] = [
        {
            "array_length": None,
            "data_type": _DATA_TYPES[known[name].type],
            "description": None,
            "name": name,
            "status": "Active",
            "tag_names": [],
        }
        for name in _ordered(known)
        if known[name].role == "custom"
    ]
    return {"attributes": _cut(call, shown)}


async def events(call: Call) -> dict[str, Any]:
    """Custom events, 50 a page by the alphabet."""
    shown: list[dict[str, Any]] = [
        {
            "name": name,
            "description": None,
            "included_in_analytics_report": False,
            "status": "Active",
            "tag_names": [],
        }
        for name in await _event_names(call)
    ]
    return {"events": _cut(call, shown)}


async def event_names(call: Call) -> dict[str, Any]:
    """Names of custom events, 250 a page by the alphabet; past the end an empty page."""
    names = await _event_names(call)
    start = NAMES_PAGE * page_of(call.query("page") or "")
    return {"events": names[start : start + NAMES_PAGE]}


async def _event_names(call: Call) -> list[str]:
    kinds = await call.off_loop(call.rooms.tallies.kinds, call.workspace)
    return _ordered({name for name, source in kinds if source != PURCHASES})


def _ordered(names: Any) -> list[str]:
    return sorted(names, key=lambda name: (name.lower(), name))


def _cut(call: Call, items: list[Any]) -> list[Any]:
    """The page at the cursor; a `Link` header leads to the next one."""
    start = _start(call.query("cursor"))
    if start + PAGE < len(items):
        cursor = base64.b64encode(f"skip:{start + PAGE}".encode()).decode()
        url = call.request.url.replace(query=urlencode({"cursor": cursor}))
        call.headers["Link"] = f'<{url}>; rel="next"'
    return items[start : start + PAGE]


def _start(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        found = _CURSOR.fullmatch(base64.b64decode(cursor, validate=True).decode())
    except ValueError:  # not base64, or not text
        found = None
    if found is None:
        raise errors.BrazeError(400, "The cursor is not valid")
    return int(found.group(1))
