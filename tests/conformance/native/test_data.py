"""Contacts and events through the own API: durable on 202, checked whole, counted when asked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conftest import Account


def post(account: Account, path: str, content: Any, **headers: str) -> httpx.Response:
    url = f"{account.server.url}/api/v1{path}"
    given = {"Authorization": f"Bearer {account.key}"} | headers
    if isinstance(content, bytes):
        return httpx.post(url, content=content, headers=given)
    return httpx.post(url, json=content, headers=given)


def contact(account: Account, reference: str) -> Any:
    return account.native(f"/contacts/{reference}")


def count(account: Account, sql: str) -> int:
    found = account.native("/segments/preview", {"sql": sql})
    value: int = found["count"]["value"]
    return value


def test_one_object_an_array_or_lines(account: Account) -> None:
    one = post(account, "/contacts?wait=applied", {"external_id": "x1", "fields": {"age": 90}})
    assert (one.status_code, one.json()["accepted"], one.json()["created"]) == (202, 1, 1)
    lines = b'{"external_id":"x2","fields":{"age":91}}\n{"external_id":"x3","fields":{"age":92}}\n'
    for headers in ({}, {"Content-Type": "application/x-ndjson"}):
        taken = post(account, "/contacts?wait=applied", lines, **headers)
        assert taken.json()["accepted"] == 2
    spread = b'{\n "external_id": "x4",\n "fields": {"age": 93}\n}'
    assert post(account, "/contacts?wait=applied", spread).json()["accepted"] == 1
    assert count(account, "age >= 90") == 4


def test_counts_include_what_was_waited_for(account: Account) -> None:
    segment = account.native("/segments", {"name": "Waiting", "sql": "city = 'Wait'"})
    for number in range(20):
        post(
            account,
            "/contacts?wait=applied",
            {"external_id": f"w{number}", "fields": {"city": "Wait"}},
        )
        found = account.native(f"/segments/{segment['id']}")["count"]
        assert found["value"] == number + 1
        assert found["exact"]


def test_fields_are_made_with_the_type_of_their_value(account: Account) -> None:
    fields = {"n": 1.25, "t": "text", "b": True, "d": "2026-01-31", "l": ["x", "y", "x"]}
    post(account, "/contacts?wait=applied", {"external_id": "typed", "fields": fields})
    types = {one["name"]: one["type"] for one in account.native("/fields")["data"]}
    assert {name: types[name] for name in fields} == {
        "n": "number", "t": "text", "b": "boolean", "d": "date", "l": "text-list",
    }  # fmt: skip
    shown = contact(account, "typed")["fields"]
    assert shown == fields | {"d": "2026-01-31T00:00:00Z", "l": ["x", "y"]}
    assert count(account, "array_contains(l, 'y') AND n = 1.25 AND b AND d < '2026-02-01'") == 1


def test_null_empties_and_silence_keeps(account: Account) -> None:
    post(account, "/contacts?wait=applied", {"external_id": "n", "email": "n@example.com",
                                             "fields": {"age": 5, "city": "Here"}})  # fmt: skip
    post(account, "/contacts?wait=applied", {"external_id": "n", "fields": {"age": None}})
    assert contact(account, "n")["fields"] == {"city": "Here"}
    assert contact(account, "n")["email"] == "n@example.com"


def test_lists_are_added_to_by_id_or_name(account: Account) -> None:
    ids = {one["name"]: one["id"] for one in account.native("/lists")["data"]}
    post(account, "/contacts", {"external_id": "listed", "lists": ["Readers"]})
    post(account, "/contacts?wait=applied", {"external_id": "listed", "lists": [ids["Writers"]]})
    assert set(contact(account, "listed")["lists"]) == set(ids.values())


REFUSED = [
    ([{"external_id": "ok1"}, {"email": "nobody"}], "bad_email", "/email"),
    ([{"external_id": "ok2"}, {"fields": {"age": 1}}], "no_identifier", ""),
    ([{"external_id": "ok3", "fields": {"age": "old"}}], "bad_value", "/fields/age"),
    ([{"external_id": "ok4", "first_name": "Ann"}], "unknown_key", "/first_name"),
    ([{"external_id": "ok5", "lists": ["Nowhere"]}], "no_such_list", "/lists/0"),
    ([{"external_id": "ok6", "fields": {"age": 10**18}}], "bad_value", "/fields/age"),
    (
        [{"external_id": "ok7", "fields": {"updated_at": "2026-01-01"}}],
        "read_only",
        "/fields/updated_at",
    ),
    ([{"external_id": ""}], "bad_identifier", "/external_id"),
    ([{"external_id": "x" * 255}], "bad_identifier", "/external_id"),
    ([{"id": "00000000-0000-4000-8000-000000000000"}], "no_such_contact", "/id"),
    ([{"external_id": "ok8", "fields": {"city": ["x"]}}], "bad_value", "/fields/city"),
    ([{"external_id": "ok9", "fields": []}], "bad_body", "/fields"),
    ("text", "bad_body", ""),
]


@pytest.mark.parametrize(("body", "code", "pointer"), REFUSED)
def test_one_wrong_contact_refuses_all(
    account: Account, body: Any, code: str, pointer: str
) -> None:
    known = {one["name"] for one in account.native("/fields")["data"]}
    if isinstance(body, list):
        body = [{"external_id": "before", "fields": {"never made": 1}}, *body]
    answer = post(account, "/contacts", body)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    if isinstance(body, list):
        assert answer.json()["pointer"] == f"/{len(body) - 1}{pointer}"
    assert {one["name"] for one in account.native("/fields")["data"]} == known
    assert httpx.get(f"{account.server.url}/api/v1/contacts/before",
                     headers={"Authorization": f"Bearer {account.key}"}).status_code == 404  # fmt: skip


def test_skipping_leaves_out_only_what_is_wrong(account: Account) -> None:
    body = [{"external_id": "s1", "fields": {"age": 70}}, {"email": "bad"}, {"external_id": "s2"}]
    answer = post(account, "/contacts?on_error=skip&wait=applied", body).json()
    assert (answer["accepted"], answer["created"]) == (2, 2)
    assert [(one["index"], one["code"]) for one in answer["rejected"]] == [(1, "bad_email")]


def test_events_are_exact_and_recognised(account: Account) -> None:
    event = {"external_id": "buyer", "event": "buy", "time": "2026-01-01T00:00:00Z",
             "event_id": "b1", "properties": {"value": 0.1, "sku": "x", "deep": {"n": 5}}}  # fmt: skip
    more = [event, event, event | {"event_id": "b2"}, event | {"event_id": "b3"}]
    answer = post(account, "/events?wait=applied", more).json()
    assert (answer["created"], answer["unchanged"]) == (3, 1)
    events = "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'buy' AND properties.deep.n = 5"
    assert count(account, f"{events} GROUP BY contact_id HAVING SUM(properties.value) = 0.3)") == 1
    assert count(account, f"{events} GROUP BY contact_id HAVING AVG(properties.value) = 0.1)") == 1
    assert count(account, f"{events} AND properties.sku = 'x')") == 1


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"external_id": "e", "time": "2026-01-01"}, "bad_value"),
        ({"external_id": "e", "event": "x", "time": "soon"}, "bad_time"),
        ({"event": "x"}, "no_identifier"),
        ({"external_id": "e", "event": "x", "value": 5}, "unknown_key"),
        ({"external_id": "e", "event": "x", "properties": 5}, "bad_body"),
        ({"external_id": "e", "event": "x", "properties": {"v": 10**30}}, "bad_value"),
        ({"external_id": "e", "event": "x" * 256}, "bad_value"),
    ],
)
def test_wrong_events_are_refused(account: Account, event: Any, code: str) -> None:
    answer = post(account, "/events", [event])
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_an_event_without_a_time_happens_now(account: Account) -> None:
    post(account, "/events?wait=applied", {"external_id": "now", "event": "ping"})
    recent = "timestamp > NOW() - INTERVAL '1' MINUTE AND timestamp <= NOW()"
    assert count(account, "contact_id IN (SELECT contact_id FROM event_data "
                          f"WHERE event_type = 'ping' AND {recent})") == 1  # fmt: skip


def test_a_property_is_compared_by_the_type_of_the_other_side(account: Account) -> None:
    for number, value in enumerate((150, "150", "150.50", "abc", True, "true", "2026-01-01", None)):
        post(
            account,
            "/events",
            {"external_id": f"p{number}", "event": "typed", "properties": {"v": value}},
        )
    post(account, "/events?wait=applied", {"external_id": "p9", "event": "typed"})

    def who(test: str) -> set[str]:
        sql = f"contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'typed' AND {test})"
        found = account.native("/segments/preview", {"sql": sql})
        return {one["external_id"] for one in found["sample"]}

    assert who("properties.v >= 150") == {"p0", "p1", "p2"}
    assert who("properties.v = '150'") == {"p0", "p1"}
    assert who("properties.v = TRUE") == {"p4", "p5"}
    assert who("properties.v LIKE 'a%'") == {"p3"}
    assert who("properties.v < TIMESTAMP '2027-01-01'") == {"p6"}
    assert who("properties.v IS NULL") == {"p7", "p9"}
    assert who("properties.v != 'abc'") == {"p0", "p1", "p2", "p4", "p5", "p6"}


def test_bodies_too_large_and_not_json(account: Account) -> None:
    assert post(account, "/contacts", b"{not json").json()["code"] == "not_json"
    broken = post(
        account,
        "/contacts",
        b'{"external_id":"l1"}\n{"external_id":\n',
        **{"Content-Type": "application/x-ndjson"},
    )
    assert "line 2" in broken.json()["detail"]
    assert post(account, "/contacts", b" " * (64 * 1024 * 1024 + 1)).status_code == 413
