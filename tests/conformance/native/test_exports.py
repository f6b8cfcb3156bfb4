"""Exports, jobs, lists and fields of the own API."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from carpel.client import ApiError
from conftest import Account
from support.inside import house


def exported(account: Account, **body: Any) -> tuple[Any, bytes]:
    """A finished export's job, and its file fetched by its link."""
    made = account.native("/exports", body)
    done = account.native(f"/exports/{made['id']}?wait=30")
    assert done["state"] == "done", done
    answer = account.server.get(done["result"]["url"], "nobody")
    assert answer.status_code == 200
    return done, answer.content


def test_members_as_csv(account: Account) -> None:
    done, body = exported(account, segment="Grown", fields=["age", "city"])
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert done["result"]["rows"] == len(rows) == account.segments["Grown"]["count"]["value"]
    assert {row["external_id"] for row in rows} == {f"u{n}" for n in range(18, 30)}
    row = next(row for row in rows if row["external_id"] == "u19")
    assert (row["age"], row["city"], row["email"]) == ("19", "Rome", "u19@example.com")
    assert row["entered_at"].endswith("Z")
    assert json.loads(row["list_ids"])


def test_members_as_ndjson_and_parquet(account: Account) -> None:
    _, body = exported(account, segment="Romans", format="ndjson")
    lines = [json.loads(line) for line in body.splitlines()]
    assert {line["external_id"] for line in lines} == {f"u{n}" for n in range(1, 60, 2)}
    _, body = exported(account, segment="Romans", format="parquet")
    table = pq.read_table(io.BytesIO(body))
    assert table.num_rows == len(lines)
    assert sorted(int(one) for one in table.column("age").to_pylist()) == list(range(1, 60, 2))
    assert str(table.schema.field("age").type) == "decimal128(38, 12)"
    assert str(table.schema.field("entered_at").type) == "timestamp[us, tz=UTC]"


def test_wrong_exports_are_refused(account: Account) -> None:
    for body, status, code in (
        ({"segment": "nope"}, 404, "no_such_segment"),
        ({"segment": "Romans", "format": "xml"}, 400, "bad_body"),
        ({"segment": "Romans", "fields": ["nope"]}, 400, "unknown_field"),
    ):
        answer = account.server.post("/api/v1/exports", account.key, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert all(one["kind"] == "export" for one in account.native("/exports")["data"])


def test_lists_are_renamed_and_deleted(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        made = it.client.post("/lists", {"name": "News"})
        it.put({"external_id": "a", "lists": ["News"]}, {"external_id": "b", "lists": ["News"]})
        it.segment("readers", "TRUE", list="News")
        assert it.client.get("/lists/News")["size"] == 2
        page = it.client.get("/lists/News/contacts", limit=1)
        rest = it.client.get("/lists/News/contacts", limit=1, cursor=page["next_cursor"])
        names = [one["external_id"] for one in page["data"] + rest["data"]]
        assert (names, rest["next_cursor"]) == (["a", "b"], None)
        assert it.client.patch(f"/lists/{made['id']}", {"name": "Letters"})["name"] == "Letters"
        assert [one["name"] for one in it.client.everything("/segments", list="Letters")] == [
            "readers"
        ]
        it.client.delete("/lists/Letters")
        assert it.client.get("/lists")["data"] == []
        assert it.client.get("/contacts/a")["lists"] == []


def test_fields_are_renamed_and_deleted(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.put({"external_id": "a", "fields": {"plan": "pro"}})
        it.segment("pros", "plan = 'pro'")
        it.client.patch("/fields/plan", {"name": "tier"})
        assert it.client.get("/contacts/a")["fields"] == {"tier": "pro"}
        with pytest.raises(ApiError) as refused:
            it.client.delete("/fields/city")
        assert refused.value.code == "field_is_fixed"
        it.client.delete("/fields/tier")
        assert it.client.get("/contacts/a")["fields"] == {}


def test_a_contact_is_changed_and_erased(account: Account) -> None:
    account.native("/contacts?wait=applied", {"external_id": "pat", "fields": {"age": 40},
                                              "lists": ["Readers"]})  # fmt: skip
    url = f"{account.server.url}/api/v1/contacts/pat"
    headers = {"Authorization": f"Bearer {account.key}"}
    body = {"fields": {"age": None, "city": "Bern"}, "lists": ["Writers"]}
    changed = httpx.patch(f"{url}?wait=applied", json=body, headers=headers).json()
    assert changed["fields"] == {"city": "Bern"}
    writers = next(one for one in account.native("/lists")["data"] if one["name"] == "Writers")
    assert changed["lists"] == [writers["id"]]
    inside = account.native("/contacts/pat/segments")["data"]
    assert [one["name"] for one in inside] == ["Everyone"]
    assert inside[0]["entered_at"]
    assert httpx.patch(url, json={"fields": {"age": "old"}}, headers=headers).status_code == 400
    assert httpx.delete(url, headers=headers).status_code == 204
    assert httpx.delete(url, headers=headers).status_code == 404
    assert httpx.get(url, headers=headers).status_code == 404
