"""SendGrid's imports and exports (contracts/sendgrid.md §3.4, §3.5)."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.sendgrid import CHECK_AGAIN_S, Caller, office

NOWHERE = "00000000-0000-4000-8000-000000000000"


def send(link: Any, content: bytes) -> None:
    headers = {one["header"]: one["value"] for one in link["upload_headers"]}
    answer = httpx.put(link["upload_uri"], content=content, headers=headers)
    assert answer.status_code == 200, answer.text


def start(sendgrid: Caller, mappings: list[str | None], **more: Any) -> Any:
    body = {"file_type": "csv", "field_mappings": mappings, **more}
    return sendgrid.put("/contacts/imports", body, 200)


def one(sendgrid: Caller, email: str) -> Any:
    found = sendgrid.post("/contacts/search/emails", {"emails": [email]})
    return found["result"][email]["contact"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_imported(sendgrid: Caller, *, packed: bool) -> None:
    suffix = "z" if packed else "p"
    made = sendgrid.post("/field_definitions", {"name": f"size_{suffix}", "field_type": "Number"})
    target = sendgrid.make_list(f"From a file {suffix}")
    mappings = ["_rf2_T", None, made["id"], "_rf0_T", "_rf3"]
    link = start(sendgrid, mappings, list_ids=[target])
    assert sendgrid.get(f"/contacts/imports/{link['job_id']}")["status"] == "pending"
    text = (
        "E-mail,Ignored,Size,First,Others\r\n"
        f'Anna.{suffix}@example.com,x,41.50,Anna,"a.{suffix}@example.org, b.{suffix}@example.org"\r\n'
        f'"bert.{suffix}@example.com",x,,"Bert, ""B""",\r\n'
    )
    content = ("\ufeff" + text).encode()
    send(link, gzip.compress(content) if packed else content)
    job = sendgrid.job(link["job_id"])
    assert (job["status"], job["job_type"]) == ("completed", "upsert_contacts")
    assert job["results"] == {"requested_count": 2, "created_count": 2}
    anna = one(sendgrid, f"anna.{suffix}@example.com")
    assert (anna["first_name"], anna["custom_fields"]) == ("Anna", {made["name"]: 41.5})
    assert anna["alternate_emails"] == [f"a.{suffix}@example.org", f"b.{suffix}@example.org"]
    assert one(sendgrid, f"bert.{suffix}@example.com")["first_name"] == 'Bert, "B"'
    assert sendgrid.get(f"/lists/{target}/contacts/count")["contact_count"] == 2


def test_rows_that_are_wrong_are_told_and_the_others_taken(sendgrid: Caller) -> None:
    link = start(sendgrid, ["_rf2_T", "_rf6_T"])
    send(
        link,
        b"email,city\nright@example.com,Rome\nwrong,Rome\nr2@example.com\nx@example.com,Rome,1\n",
    )
    job = sendgrid.job(link["job_id"])
    assert job["status"] == "errored"
    assert job["results"].pop("errors_url")
    assert job["results"] == {"requested_count": 4, "created_count": 1, "errored_count": 3}
    again = sendgrid.get(f"/contacts/imports/{link['job_id']}")
    rows = list(csv.reader(io.StringIO(httpx.get(again["results"]["errors_url"]).text)))
    assert rows[0] == ["row", "message"]
    assert rows[1] == ["3", "email 'wrong' is not valid", "wrong", "Rome"]
    assert [row[0] for row in rows[1:]] == ["3", "4", "5"]


def test_files_that_are_no_such_csv_fail(sendgrid: Caller) -> None:
    link = start(sendgrid, ["_rf2_T", "_rf6_T"])
    boundary = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\na@b.co,Rome\r\n--x--'
    send(link, boundary)
    assert sendgrid.job(link["job_id"])["status"] == "failed"
    link = start(sendgrid, ["_rf2_T"])
    send(link, b"\x1f\x8bthis is not gzip")
    assert sendgrid.job(link["job_id"])["status"] == "failed"
    link = start(sendgrid, ["_rf2_T"])
    send(link, b"email\nnonsense\n")
    assert sendgrid.job(link["job_id"])["status"] == "failed"


def test_a_file_without_a_header_loses_no_row(sendgrid: Caller) -> None:
    link = start(sendgrid, ["_rf2_T"])
    send(link, b"bare1@example.com\nbare2@example.com\n")
    assert sendgrid.job(link["job_id"])["results"]["created_count"] == 2


def test_what_cannot_be_imported(sendgrid: Caller) -> None:
    for body in (
        {"field_mappings": ["_rf2_T"]},
        {"file_type": "xls", "field_mappings": ["_rf2_T"]},
        {"file_type": "csv"},
        {"file_type": "csv", "field_mappings": []},
        {"file_type": "csv", "field_mappings": ["_rf0_T"]},
        {"file_type": "csv", "field_mappings": ["_rf2_T", "nonsense"]},
        {"file_type": "csv", "field_mappings": ["_rf2_T", "_rf23_T"]},
        {"file_type": "csv", "field_mappings": ["_rf2_T", 3]},
    ):
        assert sendgrid.put("/contacts/imports", body, 400)["errors"]
    listed = {"file_type": "csv", "field_mappings": ["_rf2_T"], "list_ids": [NOWHERE]}
    assert sendgrid.put("/contacts/imports", listed, 404)["errors"]


# --------------------------------------------------------------------- exports


def export(sendgrid: Caller, **body: Any) -> Any:
    made = sendgrid.post("/contacts/exports", body, 202)
    assert made["_metadata"]["self"].endswith(f"/contacts/exports/{made['id']}")
    for _ in range(500):
        found = sendgrid.get(f"/contacts/exports/{made['id']}")
        if found["status"] != "pending":
            assert found["status"] == "ready"
            return found
        time.sleep(CHECK_AGAIN_S)
    raise AssertionError("the export does not end")


def rows_of(found: Any) -> list[dict[str, str]]:
    return [
        row for url in found["urls"] for row in csv.DictReader(io.StringIO(httpx.get(url).text))
    ]


def test_all_contacts_are_exported(other: Caller) -> None:
    made = other.post("/field_definitions", {"name": "Colour", "field_type": "Text"})["id"]
    other.upsert({"email": "e1@example.com", "city": "Rome", "custom_fields": {made: "red"},
                  "alternate_emails": ["x@example.org", "y@example.org"]})  # fmt: skip
    other.upsert({"email": "e2@example.com", "first_name": 'Quote " and, comma'})
    found = export(other)
    assert found["contact_count"] == 2
    rows = rows_of(found)
    assert next(iter(rows[0])) == "EMAIL"
    assert list(rows[0])[-1] == "CONTACT_ID"
    assert [row["EMAIL"] for row in rows] == ["e1@example.com", "e2@example.com"]
    assert (rows[0]["CITY"], rows[0]["COLOUR"]) == ("Rome", "red")
    assert rows[0]["ALTERNATE_EMAILS"] == "x@example.org,y@example.org"
    assert rows[1]["FIRST_NAME"] == 'Quote " and, comma'
    assert rows[1]["CONTACT_ID"] == one(other, "e2@example.com")["id"]
    found = export(other, file_type="json")
    lines = [json.loads(line) for line in httpx.get(found["urls"][0]).text.splitlines()]
    assert lines[0] == one(other, "e1@example.com")
    listed = other.get("/contacts/exports")["result"]
    assert [job["export_type"] for job in listed] == ["contacts_export"] * 2
    assert listed[0]["urls"] == found["urls"]


def test_lists_and_segments_are_exported_as_they_are_now(sendgrid: Caller) -> None:
    target = sendgrid.make_list("Exported")
    sendgrid.upsert({"email": "ex1@example.com"}, {"email": "ex2@example.com"}, lists=[target])
    found = export(sendgrid, list_ids=[target])
    assert sorted(row["EMAIL"] for row in rows_of(found)) == ["ex1@example.com", "ex2@example.com"]
    query = (
        "SELECT contact_id, updated_at FROM contact_data WHERE city = 'Oslo' AND email IS NOT NULL"
    )
    made = sendgrid.make_segment("In Oslo", query)
    sendgrid.upsert({"email": "ex3@example.com", "city": "Oslo"})
    found = export(sendgrid, segment_ids=[made["id"]])
    rows = rows_of(found)
    assert "ex3@example.com" in [row["EMAIL"] for row in rows]
    assert {row["CITY"] for row in rows} == {"Oslo"}
    both = export(sendgrid, segment_ids=[made["id"]], list_ids=[target])
    assert both["contact_count"] == len(rows) + 2
    job = next(j for j in sendgrid.get("/contacts/exports")["result"] if j["id"] == both["id"])
    assert job["segments"] == [{"ID": made["id"], "Name": "In Oslo"}]
    assert job["lists"] == [{"ID": target, "Name": "Exported"}]
    empty = export(sendgrid, list_ids=[sendgrid.make_list("Nobody at all")])
    assert (empty["contact_count"], empty["urls"]) == (0, [])


def test_what_cannot_be_exported(sendgrid: Caller, other: Caller) -> None:
    sendgrid.post("/contacts/exports", {"list_ids": [NOWHERE]}, 404)
    sendgrid.post("/contacts/exports", {"segment_ids": [NOWHERE]}, 404)
    for body in ({"list_ids": "x"}, {"file_type": "xml"}, {"max_file_size": 0},
                 {"max_file_size": "1"}, {"segment_ids": ["zzz"]}):  # fmt: skip
        assert sendgrid.post("/contacts/exports", body, 400)["errors"]
    made = sendgrid.post("/contacts/exports", {}, 202)["id"]
    other.get(f"/contacts/exports/{made}", 404)
    sendgrid.get("/contacts/exports/nonsense", 404)


def test_large_exports_are_split_and_links_expire(tmp_path: Path) -> None:
    with office(tmp_path / "data") as desk:
        text = "x" * 1000
        made = desk.sendgrid.post("/field_definitions", {"name": "long", "field_type": "Text"})
        people = [
            {"email": f"p{number:04}@example.com", "custom_fields": {made["id"]: text}}
            for number in range(1500)
        ]
        desk.sendgrid.upsert(*people)
        found = export(desk.sendgrid, max_file_size=1)
        assert len(found["urls"]) == 2
        seen: list[str] = []
        for url in found["urls"]:
            content = desk.own.get(url).content
            assert len(content) <= 1_000_000
            seen += [row["EMAIL"] for row in csv.DictReader(io.StringIO(content.decode()))]
        assert seen == [one["email"] for one in people]
        desk.clock.advance(72 * 3600 * 1_000_000 - 1)
        assert desk.own.get(found["urls"][0]).status_code == 200
        desk.clock.advance(1)
        assert desk.own.get(found["urls"][0]).status_code == 403
        assert desk.sendgrid.get("/contacts/exports")["result"] == []


def test_exports_can_be_gzip_files(tmp_path: Path) -> None:
    with office(tmp_path / "data", sendgrid_exports="gzip") as desk:
        desk.sendgrid.upsert({"email": "packed@example.com", "city": "Rome"})
        (url,) = export(desk.sendgrid)["urls"]
        answer = desk.own.get(url)
        assert "content-encoding" not in answer.headers
        (row,) = csv.DictReader(io.StringIO(gzip.decompress(answer.content).decode()))
        assert (row["EMAIL"], row["CITY"]) == ("packed@example.com", "Rome")
