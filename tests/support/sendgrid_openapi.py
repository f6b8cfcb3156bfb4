"""Answers checked against the door's own OpenAPI document and SendGrid's files, their defects mended.

The vendor's files are not part of the repository; without them only the own one counts. What is wrong in them is
listed in tests/conformance/sendgrid/openapi_patches.json, each with the reason.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

import carpel.surfaces.sendgrid
from support.running import SHARED

SPECS = SHARED / "contracts" / "specs" / "sendgrid"
PATCHES = Path(__file__).parents[1] / "conformance" / "sendgrid" / "openapi_patches.json"
OWN = Path(carpel.surfaces.sendgrid.__file__).with_name("description.json")
FILES = ("segments", "segments_2.0", "contacts", "lists", "custom_fields")
UNDOCUMENTED = (400, 401, 403, 404, 405, 408, 413, 415, 429, 503)


@dataclass(frozen=True)
class Line:
    """One operation: a pattern of its path, and its answers by status."""

    method: str
    shape: re.Pattern[str]
    path: str
    answers: dict[str, Any]


def check(method: str, path: str, status: int, body: Any) -> None:
    """Fail when an answer is not as the door's own document and the vendor's files have it."""
    _check(own_lines(), method, path.removeprefix("/v3/marketing"), status, body)
    _check(lines(), method, path, status, body)


def _check(among: list[Line], method: str, path: str, status: int, body: Any) -> None:
    found = [one for one in among if one.method == method and one.shape.fullmatch(path)]
    if not found:
        return
    line = min(found, key=lambda one: one.path.count("{"))
    documented = line.answers.get(str(status))
    if documented is None:
        assert status in UNDOCUMENTED, f"{method} {path} never answers {status}"
        return
    schema = documented.get("content", {}).get("application/json", {}).get("schema")
    if schema is not None and body is not None:
        jsonschema.Draft202012Validator(schema).validate(body)


@cache
def lines() -> list[Line]:
    """All operations of all of the vendor's files."""
    return _lines_of(documents())


@cache
def own_lines() -> list[Line]:
    """All operations of the document that the door serves."""
    return _lines_of({"own": json.loads(OWN.read_text())})


def _lines_of(found_in: dict[str, Any]) -> list[Line]:
    found = []
    for name, document in found_in.items():
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if method not in ("get", "put", "post", "patch", "delete"):
                    continue
                answers = {
                    status: _resolved(one, document, name)
                    for status, one in operation["responses"].items()
                }
                shape = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
                found.append(Line(method.upper(), shape, path, answers))
    return found


def documents() -> dict[str, Any]:
    """The vendor's files with the patches applied; none where they are not at hand."""
    if not SPECS.exists():
        return {}
    found = {name: json.loads((SPECS / f"tsg_mc_{name}_v3.json").read_text()) for name in FILES}
    for patch in json.loads(PATCHES.read_text()):
        _apply(found[patch["file"]], patch)
    return found


def _apply(document: Any, patch: dict[str, Any]) -> None:
    *parents, last = [
        part.replace("~1", "/").replace("~0", "~") for part in patch["at"].split("/")[1:]
    ]
    place = document
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    match patch["op"]:
        case "replace":
            assert last in place, patch
            place[last] = patch["value"]
        case "add":
            place[last] = patch["value"]
        case "remove":
            del place[last]
        case "nullable":
            place[last]["nullable"] = True
        case _:
            raise AssertionError(patch)


def _resolved(node: Any, document: Any, name: str) -> Any:
    """A part of a document with its references put in, and OpenAPI's `nullable` as JSON Schema."""
    if isinstance(node, list):
        return [_resolved(one, document, name) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _resolved(target, document, name)
    made = {key: _resolved(one, document, name) for key, one in node.items() if key != "example"}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        made["type"] = [node["type"], "null"]
    return made
