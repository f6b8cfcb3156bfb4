"""The description of the own API: OpenAPI 3.1, made from the table of operations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from carpel import __version__
from carpel.domain.contacts import IDENTIFIERS
from carpel.domain.fields.model import FIELD_TYPES
from carpel.domain.keys import PERMISSIONS

from . import shapes
from .context import PREFIX
from .operations import OPERATIONS, Line
from .params import Param

_REF = "#/components/schemas/{name}"
_TAGS = {
    "segments": "Named rules, and who fits them.",
    "changes": "The feed: who entered and left which segment.",
    "contacts": "People.",
    "events": "What people did.",
    "fields": "What is known of contacts.",
    "lists": "Groups that contacts are put into by hand.",
    "webhooks": "Changes, pushed.",
    "jobs": "Work in the background.",
    "exports": "Members, written to files.",
    "workspaces": "Worlds of their own.",
    "keys": "Who may do what.",
    "verify": "Membership recomputed from scratch.",
    "backup": "The whole data directory.",
}
_ALWAYS = (400, 401, 403, 404, 413, 500, 503)
_PATH_VALUES = {
    "segment": "Id, code or exact name.",
    "contact": "Id, external_id or e-mail address.",
    "list": "Id or exact name.",
    "field": "Name.",
}
_JOINED = ("archive", "restore", "revert", "cancel", "test", "replay")
_TITLES = {200: "Done.", 201: "Made.", 202: "Taken on; it is durable.", 204: "Gone."}
# What an answer leads to: operation, and where the values in its path come from.
_LINKS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "create_segment": [
        (name, {"segment": "$response.body#/id"})
        for name in ("read_segment", "edit_segment", "delete_segment", "archive_segment",
                     "members_of_segment", "series_of_segment", "versions_of_segment",
                     "used_by_of_segment", "overlap_of_segment", "revert_segment")
    ],
    "create_key": [("delete_key", {"key": "$response.body#/id"})],
    "create_list": [(name, {"list": "$response.body#/id"})
                    for name in ("read_list", "edit_list", "delete_list", "contacts_of_list")],
    "create_field": [(name, {"field": "$response.body#/name"})
                     for name in ("read_field", "edit_field", "delete_field")],
    "create_webhook": [(name, {"webhook": "$response.body#/id"})
                       for name in ("read_webhook", "edit_webhook", "test_webhook", "replay_webhook",
                                    "deliveries_of_webhook", "rotate_secret_of_webhook",
                                    "delete_webhook")],
    "create_export": [(name, {"job": "$response.body#/id"}) for name in ("read_export", "cancel_job")],
}  # fmt: skip


@cache
def description() -> bytes:
    """The whole document, as JSON."""
    types = [one for line in OPERATIONS for one in (line.body, line.answer)]
    named = [one for one in types if one is not None and not isinstance(one, str)]
    _, schemas = msgspec.json.schema_components(
        list(dict.fromkeys([*named, shapes.Problem])), ref_template=_REF
    )
    paths: dict[str, Any] = {}
    for line in OPERATIONS:
        paths.setdefault(PREFIX + line.path, {})[line.method.lower()] = _operation(line)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Carpel",
            "version": __version__,
            "description": "Segments: exact, live, explained.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": name, "description": about} for name, about in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {**{_clean(name): one for name, one in schemas.items()}, **_written()},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }
    return msgspec.json.format(_encode(_cleaned(document)), indent=1)


def operation_id(line: Line) -> str:
    """A name for an operation, from its method and path: `members_of_segment`."""
    parts = [part for part in line.path.split("/") if part]
    values = [part.strip("{}") for part in parts if part.startswith("{")]
    words = [part.replace("-", "_") for part in parts if not part.startswith("{")]
    verb = {"POST": "create", "PATCH": "edit", "DELETE": "delete"}.get(line.method, "read")
    one = words[0].removesuffix("s") if words[0] != "verify" else "verification"
    match len(words), len(values):
        case 1, 0:
            return {"create": f"create_{one}"}.get(verb, f"list_{words[0]}")
        case 1, _:
            return f"{verb}_{one}"
        case 2, 0:
            return f"{words[1]}_{one}"
        case 2, 1:
            joined = words[1] in _JOINED
            return f"{words[1]}_{one}" if joined else f"{words[1]}_of_{one}"
        case _:
            return f"{verb}_{values[-1]}_of_{one}"


def _operation(line: Line) -> dict[str, Any]:
    about = (line.handler.__doc__ or "").strip()
    name = operation_id(line)
    shown: dict[str, Any] = {
        "operationId": name,
        "tags": [line.path.split("/")[1]],
        "summary": about.split("\n", 1)[0].rstrip("."),
        "description": re.sub(r"\s*\n\s*", " ", about) + f" Permission: `{line.permission}`.",
        "parameters": [*_path_values(line.path), *map(_parameter, line.query), *_headers(line)],
        "responses": _responses(line, name),
    }
    if line.body is not None:
        content: dict[str, Any] = {"application/json": {"schema": _schema(line.body)}}
        if line.body in ("Contacts", "Events"):
            content["application/x-ndjson"] = {"schema": {"type": "string"}}
        shown["requestBody"] = {"required": True, "content": content}
    return shown


def _responses(line: Line, name: str) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if line.answer is not None:
        content["application/json"] = {"schema": _schema(line.answer)}
    content |= {stream: {"schema": {"type": "string"}} for stream in line.streams}
    good: dict[str, Any] = {"description": _TITLES[line.status]}
    if content:
        good["content"] = content
    if name in _LINKS:
        good["links"] = {
            target: {"operationId": target, "parameters": values} for target, values in _LINKS[name]
        }
    problem = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
    conflicts = (409,) if line.method in ("POST", "PATCH", "DELETE") else ()
    errors = {
        str(status): {"description": "A problem.", "content": problem}
        for status in sorted({*_ALWAYS, *conflicts, *line.errors})
    }
    return {str(line.status): good} | errors


def _path_values(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_VALUES.get(name, "Id."),
            "schema": {"type": "string", "minLength": 1},
        }
        for name in re.findall(r"{(\w+)}", path)
    ]


def _parameter(param: Param) -> dict[str, Any]:
    shown = {
        "name": param.name,
        "in": "query",
        "description": param.about,
        "schema": param.schema,
    }
    return shown | ({"style": "form", "explode": True} if param.many else {})


def _headers(line: Line) -> Iterable[dict[str, Any]]:
    if line.method == "POST" and line.permission != "api.read":
        about = "The same request with the same key is done once, and answered alike for a day."
        schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
        yield {"name": "Idempotency-Key", "in": "header", "description": about, "schema": schema}


def _schema(kind: Any) -> dict[str, Any]:
    if isinstance(kind, str):
        return {"$ref": _REF.format(name=kind)}
    (found,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return found


def _written() -> dict[str, Any]:
    """Schemas of bodies that are checked item by item, so that each problem can be told."""
    text = {"type": ["string", "null"], "minLength": 1, "maxLength": 254}
    numbered = {**text, "type": ["string", "integer", "null"]}  # a number is taken as its text
    named = {
        name: {**numbered, "examples": [f"{name}-1"]} for name in IDENTIFIERS if name != "email"
    }
    who = {
        "email": {"type": ["string", "null"], "format": "email", "maxLength": 254},
        **named,
    }
    any_value = {"type": ["string", "number", "boolean", "array", "object", "null"]}
    contact = {
        "type": "object",
        "description": "A contact made or changed. A null empties; fields not known are made.",
        "additionalProperties": False,
        "properties": {
            **who,
            "fields": {"type": ["object", "null"], "additionalProperties": any_value},
            "lists": {"type": ["array", "null"], "items": {"type": "string"}},
        },
    }
    identified = {"anyOf": [
        {"required": [name], "properties": {name: {"type": ["string", "integer"]}}}
        for name in who
    ]}  # fmt: skip
    event = {
        "type": "object",
        "description": "Something a contact did; without a time, now.",
        "additionalProperties": False,
        "required": ["event"],
        "properties": {
            **who,
            "event": {"type": "string", "minLength": 1, "maxLength": 255},
            "time": {"type": ["string", "null"], "format": "date-time"},
            "event_id": {**numbered, "maxLength": 255},
            "source": {**text, "maxLength": 255},
            "properties": {"type": ["object", "null"]},
        },
    }
    many = {name: {"oneOf": [one, {"type": "array", "items": one}]} for name, one in (
        ("Contacts", {"$ref": _REF.format(name="NewContact")}),
        ("Events", {"$ref": _REF.format(name="NewEvent")}),
    )}  # fmt: skip
    return {
        "ContactBody": contact,
        "NewContact": {"allOf": [contact, identified]},
        "NewEvent": {"allOf": [event, identified]},
        **many,
    }


def _encode(document: Any) -> bytes:
    return msgspec.json.encode(document)


def _clean(name: str) -> str:
    """The name of a schema without brackets: `Page_Segment_` becomes `SegmentPage`."""
    found = re.fullmatch(r"Page_(\w+)_", name)
    return f"{found[1]}Page" if found else name


def _cleaned(node: Any) -> Any:
    """The document with names of schemas cleaned, and words that are closed told in full."""
    if isinstance(node, dict):
        return {key: _cleaned(_told(key, value)) for key, value in node.items()}
    if isinstance(node, list):
        return [_cleaned(one) for one in node]
    if isinstance(node, str) and node.startswith("#/components/schemas/Page_"):
        return _REF.format(name=_clean(node.rpartition("/")[2]))
    return node


def _told(key: str, value: Any) -> Any:
    if key == "FieldBody":
        value["properties"]["type"]["enum"] = list(FIELD_TYPES)
    elif key == "KeyBody":
        value["properties"]["permissions"]["items"]["enum"] = list(PERMISSIONS)
    return value
