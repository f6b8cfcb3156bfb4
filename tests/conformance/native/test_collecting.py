"""What analytics SDKs send: the Segment HTTP API at /v1."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest

from conftest import Account


def send(account: Account, path: str, body: Any, **auth: Any) -> httpx.Response:
    given = auth or {"auth": (account.key, "")}
    return httpx.post(f"{account.server.url}/v1/{path}", json=body, **given)


def contact(account: Account, reference: str) -> Any:
    account.native("/contacts?wait=applied", {"external_id": "someone"})
    return account.native(f"/contacts/{reference}")


def test_identify_makes_a_contact(account: Account) -> None:
    body = {
        "userId": "seg-1",
        "traits": {"email": "Seg1@Example.com", "firstName": "Ada", "plan": "pro", "logins": 5,
                   "address": {"city": "Turin", "floor": 3}},
        "timestamp": "2026-01-02T03:04:05.678Z",
    }  # fmt: skip
    answer = send(account, "identify", body)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    found = contact(account, "seg-1")
    assert found["email"] == "seg1@example.com"
    fields = found["fields"]
    assert (fields["first_name"], fields["plan"], fields["logins"]) == ("Ada", "pro", 5)
    assert (fields["city"], fields["address"]) == ("Turin", {"floor": 3})


def test_what_libraries_compress_is_taken(account: Account) -> None:
    body = gzip.compress(b'{"batch": [{"type": "identify", "userId": "seg-gz"}]}')
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    url, auth = f"{account.server.url}/v1/batch", (account.key, "")
    answer = httpx.post(url, content=body, headers=headers, auth=auth)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert contact(account, "seg-gz")["external_id"] == "seg-gz"
    broken = httpx.post(url, content=body[:-9], headers=headers, auth=auth)
    assert (broken.status_code, broken.json()["code"]) == (400, "bad_encoding")


def test_events_of_all_kinds_count_once(account: Account) -> None:
    track = {"userId": "seg-2", "event": "Order Completed", "messageId": "m1",
             "properties": {"total": 19.99}, "timestamp": "2026-01-02T03:04:05Z",
             "context": {"library": {"name": "analytics-python"}}}  # fmt: skip
    batch = [
        track | {"type": "track"},
        {"type": "page", "anonymousId": "anon-2", "name": "Home", "properties": {"url": "/"}},
        {"type": "alias", "userId": "seg-2", "previousId": "anon-2"},
        {"type": "group", "userId": "seg-2", "groupId": "g1", "traits": {"size": 4}},
    ]
    assert send(account, "track", track).status_code == 200
    assert send(account, "batch", {"batch": batch, "writeKey": account.key}).json() == {
        "success": True
    }
    assert contact(account, "seg-2")["anonymous_id"] == "anon-2"
    for sql in (
        (
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'Order Completed' "
            "AND properties.total = 19.99 GROUP BY contact_id HAVING COUNT(*) = 1)"
        ),
        (
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'group' "
            "AND properties.groupId = 'g1')"
        ),
    ):
        preview = account.native("/segments/preview", {"sql": sql})
        assert [one["external_id"] for one in preview["sample"]] == ["seg-2"]


def test_wrong_messages_of_a_batch_are_named(account: Account) -> None:
    batch = [
        {"type": "track", "userId": "seg-3", "event": "Good"},
        {"type": "track", "userId": "seg-3"},
        {"type": "dance", "userId": "seg-3"},
        {"type": "identify", "traits": {"plan": "x"}},
        {"type": "identify", "userId": "seg-3", "traits": {"email": "no address"}},
        "text",
    ]
    answer = send(account, "batch", {"batch": batch})
    assert answer.status_code == 200
    rejected = {one["index"]: one["code"] for one in answer.json()["rejected"]}
    assert rejected == {1: "bad_value", 2: "bad_type", 3: "no_identifier", 4: "bad_email",
                        5: "bad_type"}  # fmt: skip
    assert contact(account, "seg-3")["external_id"] == "seg-3"
    assert send(account, "track", {"userId": "seg-3"}).status_code == 400


@pytest.mark.parametrize(
    ("auth", "status"),
    [
        ({"auth": ("ck_wrong", "")}, 401),
        ({"headers": {}}, 401),
        ({"headers": {"Authorization": "Basic %%%"}}, 401),
    ],
)
def test_the_write_key_is_needed(account: Account, auth: Any, status: int) -> None:
    answer = send(account, "track", {"userId": "x", "event": "e"}, **auth)
    assert answer.status_code == status
    reader = account.make_key("api.read")
    body = {"userId": "x", "event": "e", "writeKey": reader}
    assert send(account, "track", body, headers={}).status_code == 403
