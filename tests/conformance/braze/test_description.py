"""The door's own OpenAPI document, and Schemathesis, which holds the door to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from carpel.surfaces.braze.door import OPERATIONS
from conftest import Account
from support.running import environment

CASES = 12
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_schema_conformance", "response_headers_conformance",
)  # fmt: skip


@pytest.fixture(scope="module")
def document(account: Account) -> Any:
    answer = httpx.get(f"{account.server.url}/openapi/braze.json")
    assert answer.status_code == 200
    return answer.json()


def test_every_operation_is_described(document: Any) -> None:
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    assert described == {(one.method, one.path) for one in OPERATIONS}


def test_real_answers_are_as_described(account: Account, document: Any) -> None:
    account.server.post("/users/track", account.key, {
        "attributes": [{"external_id": "d", "described": 1, "user_alias": {"alias_name": "a", "alias_label": "b"}}],
        "events": [{"external_id": "d", "name": "described", "time": "2026-01-01"}],
    })  # fmt: skip
    account.native("/contacts?wait=applied", {"external_id": "sync"})
    segment = account.segments["Everyone"]["id"]
    for path, body in (
        ("/segments/list", None),
        (f"/segments/details?segment_id={segment}", None),
        (f"/segments/data_series?segment_id={segment}&length=3", None),
        ("/users/export/ids", {"external_ids": ["d", "nobody"]}),
        ("/users/export/segment", {"segment_id": segment}),
        ("/export/segment/cancel", {"segment_id": segment}),
        ("/custom_attributes", None),
        ("/events", None),
        ("/events/list", None),
        ("/users/track", {"attributes": [{"external_id": "d"}, {}]}),
        ("/users/track", {"attributes": [{}]}),
        ("/users/delete", {"external_ids": ["d"]}),
    ):
        answer = (
            account.server.get(path, account.key)
            if body is None
            else account.server.post(path, account.key, body)
        )
        methods = document["paths"][path.partition("?")[0]]
        responses = methods["get" if body is None else "post"]["responses"]
        schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(
            answer.json()
        )


def test_schemathesis_finds_nothing(account: Account, document: Any, tmp_path: Path) -> None:
    """Requests meant to be right and requests meant to be wrong: no error of ours, answers as said."""
    file = tmp_path / "braze.json"
    file.write_text(json.dumps(document))
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", str(file), "--url", account.server.url,
        "--checks", ",".join(CHECKS), "--mode", "all",
        "--phases", "examples,coverage,fuzzing", "--max-examples", str(CASES), "--seed", "1",
        "--warnings", "off", "--suppress-health-check", "all", "--no-color",
        "--header", f"Authorization: Bearer {account.key}",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment()
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
