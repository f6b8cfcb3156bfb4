"""Batch's `/segments/list` (contracts/batch.md §2, §3)."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from carpel.surfaces.batch import door
from carpel.surfaces.batch.door import OPEN, OPERATIONS
from conftest import Account
from support.running import SHARED

SPEC = SHARED / "contracts" / "specs" / "batch" / "openapi-segments-list.json"


def ask(account: Account, query: str = "", version: str = "2.11", **headers: str) -> httpx.Response:
    given = {"Authorization": f"Bearer {account.key}", "X-Batch-Project": account.project_key}
    return httpx.get(
        f"{account.server.url}/{version}/segments/list{query}", headers=given | headers
    )


def test_a_segment_has_the_four_fields(account: Account) -> None:
    answer = ask(account)
    assert answer.status_code == 200
    first = answer.json()["segments"][0]
    assert list(first) == ["code", "display_name", "created_at", "updated_at"]
    assert (first["code"], first["display_name"]) == ("EVERYONE", "Everyone")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["created_at"])
    assert answer.json()["count"] == 4
    assert answer.json()["has_more"] is False
    assert "next_from" not in answer.json()


def pages(account: Account, limit: int) -> list[dict[str, Any]]:
    found = [ask(account, f"?limit={limit}").json()]
    while found[-1]["has_more"]:
        cursor = httpx.QueryParams({"limit": limit, "from": found[-1]["next_from"]})
        found.append(ask(account, f"?{cursor}").json())
    return found


@pytest.mark.parametrize("limit", [1, 3, 4, 100])
def test_pages_follow_each_other(account: Account, limit: int) -> None:
    found = pages(account, limit)
    codes = [one["code"] for page in found for one in page["segments"]]
    assert codes == ["EVERYONE", "ROMANS", "GROWN", "GROWN-ROMANS"]
    assert all(page["count"] == 4 for page in found)
    assert all(len(page["segments"]) == limit for page in found[:-1])


def test_ten_are_given_unless_asked_otherwise(stranger: Account) -> None:
    for number in range(24):
        stranger.native("/segments", {"name": f"S {number}", "sql": "TRUE"})
    assert [len(page["segments"]) for page in pages(stranger, 10)] == [10, 10, 5]
    assert len(ask(stranger).json()["segments"]) == 10


def test_a_cursor_reads_as_code_and_date(account: Account) -> None:
    decoded = base64.b64decode(ask(account, "?limit=2").json()["next_from"], validate=True).decode()
    assert re.fullmatch(r"ROMANS@\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", decoded)


def test_the_samples_cursor_is_a_place_of_no_known_segment(account: Account) -> None:
    sample = "U0VHRU1FTlQtQ09ERUAyMDI2LTAxLTAxVDAwOjAwOjAwWg=="
    answer = ask(account, f"?{httpx.QueryParams({'from': sample})}")
    assert answer.status_code == 200
    assert len(answer.json()["segments"]) == 4  # all were made after its date


@pytest.mark.parametrize(
    "cursor",
    ["nonsense", "U0VHRU1FTlQtQ09ERUAyMDI2LTAxLTAxVDAwOjAwOjAwWg", "====", "é",
     base64.b64encode(b"export_gg6@2024-02-01T00:00:00Z").decode(),
     base64.b64encode(b"CODE@yesterday").decode(), base64.b64encode(b"\xff\xfe").decode()],
)  # fmt: skip
def test_what_is_no_cursor_is_a_400(account: Account, cursor: str) -> None:
    refused(ask(account, f"?{httpx.QueryParams({'from': cursor})}"), 400, "MALFORMED_PARAMETER")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", ""])
def test_a_limit_is_from_1_to_100(account: Account, limit: str) -> None:
    refused(ask(account, f"?limit={limit}"), 400, "MALFORMED_PARAMETER")


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status
    assert set(answer.json()) == {"error_message", "error_code"}
    assert answer.json()["error_code"] == code
    assert answer.headers["content-type"] == "application/json"


def test_a_key_and_its_project_belong_together(account: Account, stranger: Account) -> None:
    refused(ask(account, Authorization="Bearer unknown"), 401, "AUTHENTICATION_INVALID")
    wrong = ask(account, **{"X-Batch-Project": stranger.project_key})
    refused(wrong, 401, "AUTHENTICATION_INVALID")
    assert wrong.json()["error_message"] == "The Rest API Key is not valid for this project"
    refused(ask(account, Authorization=""), 401, "AUTHENTICATION_INVALID")
    refused(ask(account, **{"X-Batch-Project": ""}), 400, "MISSING_PARAMETER_VALUE")
    other_door = account.make_key("segments.list")
    refused(ask(account, Authorization=f"Bearer {other_door}"), 401, "AUTHENTICATION_INVALID")
    own = account.make_key("batch")
    assert ask(account, Authorization=f"Bearer {own}").status_code == 200


@pytest.mark.parametrize("version", ["2.1", "2.4", "2.11", "2.13"])
def test_every_version_answers_alike(account: Account, version: str) -> None:
    assert ask(account, version=version).json() == ask(account).json()


def test_an_unknown_route_is_told_in_the_vendors_words(account: Account) -> None:
    headers = {"Authorization": f"Bearer {account.key}", "X-Batch-Project": account.project_key}
    answer = httpx.get(f"{account.server.url}/2.11/segments/view", headers=headers)
    refused(answer, 404, "ROUTE_NOT_FOUND")
    for version in ("2." + "1" * 5000, "2.\u0663"):
        url = f"{account.server.url}/{version}/segments/list"
        refused(httpx.get(url, headers=headers), 404, "ROUTE_NOT_FOUND")


def test_head_and_etags_are_served(account: Account) -> None:
    full = ask(account)
    headers = {"Authorization": f"Bearer {account.key}", "X-Batch-Project": account.project_key}
    head = httpx.head(f"{account.server.url}/2.11/segments/list", headers=headers)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == full.headers["etag"]
    assert ask(account, **{"If-None-Match": full.headers["etag"]}).status_code == 304
    for name in ("x-request-id", "content-type"):
        assert head.headers[name]


def test_a_known_path_tells_its_methods(account: Account) -> None:
    headers = {"Authorization": f"Bearer {account.key}", "X-Batch-Project": account.project_key}
    for path, allow in (("segments/list", "GET"), ("profiles/update", "POST"),
                        ("exports/download", "GET")):  # fmt: skip
        answer = httpx.delete(f"{account.server.url}/2.11/{path}", headers=headers)
        refused(answer, 405, "ROUTE_NOT_FOUND")
        assert answer.headers["allow"] == allow


def test_parts_of_batch_without_a_counterpart_say_so(account: Account) -> None:
    headers = {"Authorization": f"Bearer {account.key}", "X-Batch-Project": account.project_key}
    answer = httpx.post(f"{account.server.url}/2.11/campaigns/create", headers=headers, json={})
    refused(answer, 404, "ROUTE_NOT_FOUND")
    assert "campaigns" in answer.json()["error_message"]


def test_every_operation_is_described_and_explained(account: Account) -> None:
    described = httpx.get(f"{account.server.url}/openapi/batch.json")
    assert described.headers["content-type"] == "application/json"
    paths = described.json()["paths"]
    served = {(one.method, one.path) for one in OPERATIONS}
    served |= {(one.method, one.path) for one in OPEN}
    assert served == {
        (method.upper(), path) for path, operations in paths.items() for method in operations
    }
    readme = (Path(door.__file__).parent / "README.md").read_text()
    assert not [path for _, path in served if path not in readme]
    unknown = httpx.get(f"{account.server.url}/openapi/nobody.json")
    assert unknown.status_code == 404


@pytest.mark.skipif(not SPEC.exists(), reason="the vendor's OpenAPI lies beside the project")
def test_answers_have_the_form_of_the_vendors_openapi(account: Account) -> None:
    spec = json.loads(SPEC.read_text())
    operation = spec["paths"]["/segments/list"]["get"]["responses"]
    ok = operation["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(ask(account, "?limit=2").json(), ok | {"components": spec["components"]})
    error = spec["components"]["schemas"]["Error"]
    jsonschema.validate(ask(account, "?limit=0").json(), error)
    jsonschema.validate(ask(account, Authorization="Bearer x").json(), error)
