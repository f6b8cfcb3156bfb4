"""What SendGrid's door has answered for survives kill -9: data, jobs, files, schedules, limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from support.running import carpel_json, serving
from support.sendgrid import Caller, calling, office

ROWS = 12_000
ALL = "SELECT contact_id, updated_at FROM contact_data"
SECOND = 1_000_000


def test_imports_and_upserts_survive_kill(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = carpel_json("key", "create", "--name", "k", "-p", "*", "--data", data)
    content = "email\n" + "".join(f"c{number}@example.com\n" for number in range(ROWS))
    with serving(data) as server, calling(server.url, made["key"]) as sendgrid:
        target = sendgrid.make_list("Imported")
        body = {"file_type": "csv", "field_mappings": ["_rf2_T"], "list_ids": [target]}
        link = sendgrid.put("/contacts/imports", body, 200)
        answer = httpx.put(link["upload_uri"], content=content.encode())
        assert answer.status_code == 200
        upsert = sendgrid.put("/contacts", {"contacts": [{"email": "last@example.com"}]})["job_id"]
        server.kill()
    with serving(data) as server, calling(server.url, made["key"]) as sendgrid:
        job = sendgrid.job(link["job_id"])
        assert job["status"] == "completed"
        results = job["results"]
        assert results["requested_count"] == ROWS
        assert results.get("created_count", 0) + results.get("updated_count", 0) == ROWS
        assert sendgrid.get("/contacts/count")["contact_count"] == ROWS + 1
        assert sendgrid.get(f"/lists/{target}/contacts/count")["contact_count"] == ROWS
        job = sendgrid.job(upsert)
        assert (job["status"], job["results"]["requested_count"]) == ("completed", 1)


def test_an_upload_that_broke_off_can_be_sent_again(sendgrid: Caller) -> None:
    body = {"file_type": "csv", "field_mappings": ["_rf2_T"]}
    link = sendgrid.put("/contacts/imports", body, 200)

    def broken() -> Any:
        yield b"email\nhalf"
        raise OSError("the line went dead")

    with pytest.raises(OSError, match="the line went dead"):
        httpx.put(link["upload_uri"], content=broken())
    assert sendgrid.get(f"/contacts/imports/{link['job_id']}")["status"] == "pending"
    assert httpx.put(link["upload_uri"], content=b"email\nwhole@example.com\n").status_code == 200
    assert sendgrid.job(link["job_id"])["results"]["created_count"] == 1


def test_limits_and_their_answers(tmp_path: Path) -> None:
    with office(tmp_path / "data", rate_limits=True) as desk:
        query = {"query": "email = 'x'"}
        answers = [desk.sendgrid.ask("POST", "/contacts/search", query) for _ in range(200)]
        assert {one.status_code for one in answers} == {200}
        left = [int(one.headers["x-ratelimit-remaining"]) for one in answers]
        assert left == list(range(199, -1, -1))
        assert answers[0].headers["x-ratelimit-reset"] == "60"
        desk.clock.advance(59 * SECOND)
        answer = desk.sendgrid.ask("POST", "/contacts/search", query)
        assert (answer.status_code, answer.json()) == (
            429, {"errors": [{"field": None, "message": "too many requests"}]},
        )  # fmt: skip
        assert answer.headers["x-ratelimit-reset"] == "1"
        assert desk.sendgrid.ask("GET", "/lists").status_code == 200  # another limit
        desk.clock.advance(SECOND)
        assert desk.sendgrid.ask("POST", "/contacts/search", query).status_code == 200


def test_the_days_refreshes_and_parents_survive(tmp_path: Path) -> None:
    zone = {"user_time_zone": "UTC"}
    with office(tmp_path / "data") as desk:
        parent = desk.sendgrid.make_list("Parent")
        made = desk.sendgrid.make_segment("Kept", ALL, parent_list_ids=[parent])
        desk.sendgrid.post(f"/segments/2.0/refresh/{made['id']}", zone, 202)
    with office(tmp_path / "data", "2026-06-01T12:30:00Z") as desk:
        desk.sendgrid.post(f"/segments/2.0/refresh/{made['id']}", zone, 429)
        found = desk.sendgrid.get(f"/segments/2.0/{made['id']}")
        assert (found["refreshes_used"], found["parent_list_ids"]) == (1, [parent])
        assert found["query_version"] == "2"
