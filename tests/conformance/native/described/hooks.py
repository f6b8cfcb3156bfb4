"""What Schemathesis is told of this API that a schema cannot say."""

from __future__ import annotations

import itertools
from typing import Any

import schemathesis

MOST_WAIT = 60
NOBODY = "http://127.0.0.1:9/nobody/listens"

_numbers = itertools.count()
_QUERIES = ("TRUE", "city = 'Rome'", "age > 17 AND created_at < NOW()", "contact_id IS NOT NULL")


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Waiting takes its time; and `on_error=skip` takes wrong items, that is what it is for."""
    query = case.query if isinstance(case.query, dict) else {}
    wait = str(query.get("wait", ""))
    if wait.isascii() and wait.isdigit() and int(wait) <= MOST_WAIT:
        query["wait"] = 0
    if query.get("on_error") == "skip":
        query["on_error"] = "refuse"
    if case.meta is not None and case.meta.generation.mode.is_positive:
        case.body = _meant(case.operation.path, case.body)


def _meant(path: str, body: Any) -> Any:
    """Rules that mean something, names that are free: most generated texts are neither."""
    if not isinstance(body, dict):
        return body
    if path.endswith("/webhooks") and isinstance(body.get("url"), str):
        return {**body, "url": NOBODY}
    if path.endswith("/keys") and isinstance(body.get("allow_ips"), list):
        return {**body, "allow_ips": ["10.0.0.0/8"]}
    if not path.endswith(("/segments", "/preview", "/lists")):
        return body
    if isinstance(body.get("name"), str) and body["name"].strip():
        body = {**body, "name": f"name {next(_numbers)}"}
    if isinstance(body.get("sql"), str) and body["sql"]:
        kept = {key: body[key] for key in body if key not in ("document", "code", "list")}
        body = {**kept, "sql": _QUERIES[next(_numbers) % len(_QUERIES)]}
    return body
