"""Loaded by schemathesis: what a schema cannot say of a request that must be accepted.

Only requests meant to be valid are changed; those meant to be wrong go out as they were made.
"""

from __future__ import annotations

import itertools
import json
import os
from typing import Any

import httpx
import schemathesis

# The seed's own sample: a cursor of no known segment, which must be accepted.
CURSOR = "U0VHRU1FTlQtQ09ERUAyMDI2LTAxLTAxVDAwOjAwOjAwWg=="
MOST = 100

_names = itertools.count()


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001
    """Cursors, codes and names of things that there are."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    query = case.query if isinstance(case.query, dict) else {}
    if "from" in query:
        listing = case.operation.path.split("/")[1]
        query["from"] = CURSOR if listing == "segments" else os.environ[f"CURSOR_{listing.upper()}"]
    if isinstance(query.get("limit"), int):
        query["limit"] = max(1, min(MOST, query["limit"]))  # the seed's schema has no minimum
    if "indexing_token" in query:
        query.pop("indexing_token")
    body = case.body
    if not isinstance(body, dict):
        return
    if isinstance(body.get("filter"), dict):
        body["filter"]["segment"] = "EVERYONE"
    if case.operation.path == "/audiences/create":
        body["name"] = f"made-{next(_names)}"
    elif case.operation.path == "/audiences/remove":
        body["name"] = _new_audience()
    elif case.operation.path.startswith("/audiences/"):
        body["name"] = "Readers"


def _new_audience() -> str:
    name = f"made-{next(_names)}"
    httpx.post(
        os.environ["AUDIENCES_CREATE"],
        headers=json.loads(os.environ["AUDIENCES_HEADERS"]),
        json={"name": name, "type": "custom_ids"},
    ).raise_for_status()
    return name
