"""Batch's `/profiles/export` and `/exports/*` (contracts/batch.md §4.2, §4.3)."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from conftest import Account
from support.batch import Project, refused

INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture(scope="module")
def project(account: Account) -> Project:
    return Project(account)


def test_a_segment_is_exported_with_what_was_asked_for(project: Project) -> None:
    shown = project.export(
        attributes=["$email_address", "first_name", "age", "nobody_has_this"],
        identifiers=["custom_id", "installation_ids"],
        filter={"segment": "ROMANS"},
    )
    assert re.fullmatch(r"export_[0-9a-hjkmnp-tv-z]{32}", shown["id"])
    assert (shown["scope"], shown["status"]) == ("PROFILE_ATTRIBUTES", "SUCCESS")
    for date in ("request_date", "start_date", "completion_date"):
        assert re.fullmatch(INSTANT, shown[date])
    assert shown["request"] == {
        "export_type": "ATTRIBUTES",
        "attributes": ["$email_address", "first_name", "age", "nobody_has_this"],
        "identifiers": ["custom_id", "installation_ids"],
        "filter": {"segment": "ROMANS"},
    }
    (file,) = shown["files"]
    assert file["part"] == 1
    assert re.fullmatch(r"file_[0-9a-hjkmnp-tv-z]{32}", file["id"])
    assert file["url"] == project.url(f"/exports/download?id={file['id']}")
    expected = [
        {"identifiers": {"custom_id": f"u{n}", "installation_ids": []},
         "attributes": {"$email_address": f"u{n}@example.com", "first_name": f"N{n}", "age": n}}
        for n in range(60) if n % 2
    ]  # fmt: skip
    assert sorted(project.lines(shown), key=lambda one: one["attributes"]["age"]) == expected
    fetched = httpx.get(file["url"])
    assert int(fetched.headers["content-length"]) == file["size"] == len(fetched.content)
    assert httpx.head(file["url"]).headers["content-length"] == str(file["size"])
    part = httpx.get(file["url"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, fetched.content[10:20])


def test_without_a_filter_everyone_is_exported(project: Project) -> None:
    shown = project.export(identifiers=["custom_id"])
    found = {line["identifiers"].get("custom_id") for line in project.lines(shown)}
    assert found >= {f"u{n}" for n in range(60)}
    assert all(set(line) == {"identifiers"} for line in project.lines(shown))


def test_what_was_acknowledged_before_is_in_it(project: Project) -> None:
    for round_ in range(10):
        sent = project.post("/profiles/update", [
            {"identifiers": {"custom_id": "late"}, "attributes": {"round": round_}}
        ])  # fmt: skip
        assert sent.status_code == 202
        shown = project.export(
            attributes=["round"], identifiers=["custom_id"], filter={"segment": "EVERYONE"}
        )
        assert {"identifiers": {"custom_id": "late"}, "attributes": {"round": round_}} in (
            project.lines(shown)
        )


def test_an_empty_export_has_no_files(project: Project) -> None:
    shown = project.export(identifiers=["custom_id"], filter={"segment": "GROWN-ROMANS"})
    assert (shown["status"], shown["files"]) == ("SUCCESS", [])


def test_each_caller_gets_addresses_of_its_own_version(project: Project) -> None:
    shown = project.export(identifiers=["custom_id"])
    old = Project(project.account, "2.2").get("/exports/view", id=shown["id"]).json()
    assert "/2.2/exports/download?id=" in old["files"][0]["url"]
    assert httpx.get(old["files"][0]["url"]).status_code == 200


def test_exports_are_listed_the_newest_first(project: Project) -> None:
    made = [project.export(identifiers=["custom_id"])["id"] for _ in range(5)]
    found: list[Any] = []
    page = project.get("/exports/list", limit=2).json()
    while True:
        found += page["exports"]
        assert page["count"] >= 5
        if not page["has_more"]:
            break
        page = project.get("/exports/list", limit=2, **{"from": page["next_from"]}).json()
    ids = [one["id"] for one in found]
    assert ids[:5] == made[::-1]
    assert len(set(ids)) == len(ids)
    assert found[0] == project.get("/exports/view", id=made[-1]).json()
    segments = project.get("/segments/list", limit=1).json()["next_from"]
    refused(project.get("/exports/list", **{"from": segments}), 400, "MALFORMED_PARAMETER")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "MALFORMED_PARAMETER"),
        ({}, "MISSING_PARAMETER_VALUE"),
        ({"export_type": "ALL", "identifiers": ["custom_id"]}, "MALFORMED_PARAMETER"),
        ({"export_type": "ATTRIBUTES"}, "MISSING_PARAMETER_VALUE"),
        ({"export_type": "ATTRIBUTES", "attributes": []}, "MALFORMED_PARAMETER"),
        ({"export_type": "ATTRIBUTES", "attributes": ["$nothing"]}, "MALFORMED_PARAMETER"),
        ({"export_type": "ATTRIBUTES", "attributes": "first_name"}, "MALFORMED_PARAMETER"),
        ({"export_type": "ATTRIBUTES", "identifiers": ["email"]}, "MALFORMED_PARAMETER"),
        ({"export_type": "ATTRIBUTES", "identifiers": ["custom_id"], "filter": "ROMANS"},
         "MALFORMED_PARAMETER"),
        ({"export_type": "ATTRIBUTES", "identifiers": ["custom_id"], "filter": {"segment": "NO"}},
         "MALFORMED_PARAMETER"),
    ],
)  # fmt: skip
def test_what_cannot_be_exported_is_refused(project: Project, body: Any, code: str) -> None:
    refused(project.post("/profiles/export", body), 400, code)


def test_ids_of_nothing_are_not_found(project: Project, stranger: Account) -> None:
    shown = project.export(identifiers=["custom_id"])
    refused(Project(stranger).get("/exports/view", id=shown["id"]), 404, "NOT_FOUND")
    file = shown["files"][0]["id"]
    other = "b" if file.endswith("a") else "a"
    for wrong in (file[:-1] + other, shown["id"], "file_", ""):
        answer = httpx.get(project.url("/exports/download"), params={"id": wrong})
        refused(answer, 404, "NOT_FOUND")
    refused(project.get("/exports/view", id="export_x"), 404, "NOT_FOUND")
    refused(project.get("/exports/view"), 400, "MISSING_PARAMETER_VALUE")
