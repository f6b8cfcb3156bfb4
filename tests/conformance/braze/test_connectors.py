"""Requests as other integrations make them (captured or read from their sources, braze.md §10)."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

import httpx
import pytest

from conftest import Account
from support.running import SHARED

CAPTURED = SHARED / "contracts" / "specs" / "braze" / "captured_client_requests.jsonl"


def get(account: Account, path: str, **query: Any) -> httpx.Response:
    """As python-requests and Faraday do: a Content-Type on a GET without a body, gzip taken."""
    return httpx.get(
        account.server.url + path,
        params=query,
        headers={
            "Authorization": f"Bearer {account.key}",
            "Content-Type": "application/json",
            "Accept-Encoding": "gzip, deflate",
        },
    )


def test_a_connector_that_stops_at_the_first_empty_page(account: Account) -> None:
    """Airbyte: a filter that Braze does not know on every call, details and sizes one by one."""
    extra = {"last_edit.time[gt]": "2026-06-01"}
    listed: list[dict[str, Any]] = []
    page = 0
    while True:
        more = {"page": page} if page else {}
        found = get(account, "/segments/list", **extra, **more).json()["segments"]
        if not found:
            break
        listed += found
        page += 1
    assert (len(listed), page) == (4, 1)
    for segment in listed:
        details = get(account, "/segments/details", segment_id=segment["id"], **extra)
        assert details.json()["name"] == segment["name"]
        for ending_at, length in (("2026-09-08", 99), ("2026-11-20", 73)):
            query = {"segment_id": segment["id"], "ending_at": ending_at, "length": length}
            series = get(account, "/segments/data_series", **query).json()["data"]
            assert len(series) == length
            assert series[0]["time"] < series[-1]["time"] < ending_at


def test_a_connector_that_polls_for_an_export(account: Account) -> None:
    """ingestr: 403 and 404 mean that the file is not ready; anything else but 200 is a failure."""
    segment_id = account.segments["Romans"]["id"]
    body = {"segment_id": segment_id, "fields_to_export": ["external_id", "created_from"]}
    begun = account.server.post("/users/export/segment", account.key, body)
    assert begun.status_code == 201
    fetched = httpx.get(begun.json()["url"])
    while fetched.status_code in (403, 404):
        time.sleep(0.05)
        fetched = httpx.get(begun.json()["url"])
    assert fetched.status_code == 200
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        users = [
            json.loads(line)
            for name in archive.namelist()
            for line in archive.read(name).splitlines()
        ]
    assert {user["external_id"] for user in users} == {f"u{n}" for n in range(1, 60, 2)}


def test_positions_of_keys_can_be_relied_on(account: Account) -> None:
    """Braze's own notebook names four columns by position."""
    for page in (0, 1):
        for segment in get(account, "/segments/list", page=page, sort_direction="desc").json()[
            "segments"
        ]:
            assert list(segment) == ["id", "name", "analytics_tracking_enabled", "tags"]


@pytest.mark.skipif(not CAPTURED.exists(), reason="the captured requests are not on this machine")
def test_captured_requests_are_served(account: Account) -> None:
    segment_id = account.segments["Everyone"]["id"]
    for line in CAPTURED.read_text().splitlines():
        captured = json.loads(line)
        target = captured["target"]
        if target.startswith("/campaigns"):
            continue  # not a part of this door

        for old in ("6d68ea15-26c4-4109-835a-65b81773a5e2", "0eaf8f6a-230f-48f2-9c01-45302b642a35"):
            target = target.replace(old, segment_id)
        target = target.replace("segment_id=x", f"segment_id={segment_id}")
        headers = {
            name: value.replace("KEY", account.key)
            for name, value in captured["headers"].items()
            if name != "Content-Length"
        }
        body = captured["body"]
        if body is not None:
            body = body.replace('"segment_id":"x"', f'"segment_id":"{segment_id}"')
            body = body.replace('"KEY"', f'"{account.key}"').replace("http://cb", "")
        answer = httpx.request(
            captured["method"], account.server.url + target, headers=headers, content=body
        )
        wanted = (201, 429) if "/users/export/segment" in target else (200, 201)
        assert answer.status_code in wanted, (captured, answer.text)
