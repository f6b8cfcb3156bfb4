"""What a request with an Idempotency-Key makes is made once, also when its answer was never kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.inside import House, house

CREATED = [
    ("/webhooks", {"url": "https://example.com/hook"}),
    ("/lists", {"name": "Letters"}),
    ("/segments", {"name": "everybody", "sql": "TRUE"}),
    ("/exports", {"segment": "all"}),
]


def post(it: House, path: str, body: Any, key: str) -> httpx.Response:
    http = it.client._http  # noqa: SLF001  (the client sends no such key)
    return http.post(path, json=body, headers={"Idempotency-Key": key})


def forget_answers(data: Path) -> None:
    """As if the process had ended after the work and before its answer was written down."""
    with sqlite3.connect(data / "catalogue.sqlite") as connection:
        connection.execute("DELETE FROM idempotent_answer")
    connection.close()


@pytest.mark.parametrize(("path", "body"), CREATED)
def test_what_was_made_is_found_again(tmp_path: Path, path: str, body: dict[str, Any]) -> None:
    data = tmp_path / "data"
    with house(data) as it:
        it.segment("all", "TRUE")
        made = post(it, path, body, "one")
        before = len(list(it.client.everything(path)))
    forget_answers(data)
    with house(data) as it:
        again = post(it, path, body, "one")
        assert again.status_code == made.status_code
        assert "idempotent-replayed" not in again.headers
        assert again.json()["id"] == made.json()["id"]
        assert again.json().get("secret") == made.json().get("secret")
        assert len(list(it.client.everything(path))) == before
        assert post(it, path, body, "one").headers["idempotent-replayed"] == "true"
        other = post(it, path, {**body, "name": "another"} if "name" in body else body, "two")
        assert other.json()["id"] != made.json()["id"]


def test_a_key_that_was_made_is_named_its_secret_is_nowhere(tmp_path: Path) -> None:
    data = tmp_path / "data"
    body = {"name": "k", "permissions": ["api.read"]}
    with house(data) as it:
        made = post(it, "/keys", body, "one").json()
        again = post(it, "/keys", body, "one")
        assert (again.status_code, again.json()["code"]) == (409, "secret_lost")
        assert made["id"] in again.json()["detail"]
        assert len(list(it.client.everything("/keys"))) == 1
    for file in data.glob("*.sqlite*"):
        assert made["key"].encode() not in file.read_bytes()


def test_what_only_looks_is_not_remembered(tmp_path: Path) -> None:
    """Else who is erased would be in yesterday's answer."""
    data = tmp_path / "data"
    with house(data) as it:
        it.put({"external_id": "a", "fields": {"city": "Somewhere else"}})
        post(it, "/segments/preview", {"sql": "TRUE"}, "one")
        it.client.delete("/contacts/a", wait="applied")
        seen = post(it, "/segments/preview", {"sql": "TRUE"}, "one").json()
        assert (seen["count"]["value"], seen["sample"]) == (0, [])
