"""Braze's `POST /users/track` (contracts/braze.md §4.3)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conftest import Account

REQUIRED = "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"
NOTHING = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields."


def track(account: Account, **arrays: Any) -> httpx.Response:
    answer = account.server.post("/users/track", account.key, arrays)
    account.settle()
    return answer


def tracked(account: Account, *attributes: Any) -> None:
    answer = track(account, attributes=list(attributes))
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"attributes_processed": len(attributes), "message": "success"}


def fields(account: Account, external_id: str) -> Any:
    return account.native(f"/contacts/{external_id}")["fields"]


def members(account: Account, sql: str) -> int:
    account.native("/contacts?wait=applied", {"external_id": "sync"})  # all before it counts too
    count: int = account.native("/segments/preview", {"sql": sql})["count"]["value"]
    return count


def test_the_recorded_answer(account: Account) -> None:
    answer = track(
        account,
        attributes=[{"external_id": 1, "foo": "bar"}],
        events=[{"external_id": 1, "name": "watched", "time": "2019-02-15 00:00:00 -0500"}],
        purchases=[{"external_id": 1, "product_id": "app", "currency": "USD", "price": 12.12,
                    "quantity": 6, "time": "2013-07-16T19:20:30+01:00"}],
    )  # fmt: skip
    assert answer.status_code == 201
    assert answer.content == (
        b'{"attributes_processed":1,"events_processed":1,"purchases_processed":1,'
        b'"message":"success"}'
    )
    assert fields(account, "1") == {"foo": "bar"}


def test_every_type_of_attribute_is_kept_and_can_be_asked_for(account: Account) -> None:
    tracked(account, {
        "external_id": "types", "first_name": "Ada", "t_text": "x", "t_whole": 7, "t_exact": 0.1,
        "t_yes": True, "t_time": "2020-01-02T03:04:05Z", "t_odd_time": "02/15/2019",
        "t_array": ["a", "b", "a", 3], "t_object": {"deep": {"leaf": 5}, "at": {"$time": "1980-01-01"}},
        "t_objects": [{"id": 1, "kind": "dog"}, {"id": 2, "kind": "cat"}], "phone": "+15551234567",
    })  # fmt: skip
    found = fields(account, "types")
    assert found.pop("first_name") == "Ada"
    assert found.pop("phone_number") == "+15551234567"
    assert found == {
        "t_text": "x", "t_whole": 7, "t_exact": 0.1, "t_yes": True,
        "t_time": "2020-01-02T03:04:05Z", "t_odd_time": "2019-02-15T00:00:00Z",
        "t_array": ["a", "b", "3"], "t_object": {"deep": {"leaf": 5}, "at": "1980-01-01"},
        "t_objects": [{"id": 1, "kind": "dog"}, {"id": 2, "kind": "cat"}],
    }  # fmt: skip
    for sql in (
        "t_text = 'x'", "t_whole = 7", "t_exact = 0.1", "t_yes", "t_time = '2020-01-02T03:04:05Z'",
        "t_odd_time < '2019-02-16'", "array_contains(t_array, 'b')", '"t_object.deep.leaf" = 5',
        "\"t_object.at\" < '1981-01-01'", "array_contains(\"t_objects[].kind\", 'cat')",
    ):  # fmt: skip
        assert members(account, sql) == 1, sql


def test_null_removes(account: Account) -> None:
    tracked(
        account, {"external_id": "nul", "n_a": 1, "n_b": {"x": 1}, "phone": "+1", "email": "n@x.io"}
    )
    tracked(account, {"external_id": "nul", "n_a": None, "n_b": None, "phone": None, "email": None})
    found = account.native("/contacts/nul")
    assert found["fields"] == {}
    assert not found.get("email")


def test_arrays_are_added_to_and_taken_from(account: Account) -> None:
    tracked(account, {"external_id": "arr", "tags_of": ["a", "b"]})
    tracked(account, {"external_id": "arr", "tags_of": {"add": ["c", "a"]}})
    assert fields(account, "arr")["tags_of"] == ["b", "c", "a"]  # added again, it moves to the end
    tracked(account, {"external_id": "arr", "tags_of": {"$remove": ["c"], "$add": ["d"]}})
    assert fields(account, "arr")["tags_of"] == ["b", "a", "d"]
    tracked(account, {"external_id": "arr2", "tags_of": {"$add": ["z"]}})
    assert fields(account, "arr2")["tags_of"] == ["z"]


def test_numbers_are_incremented_exactly(account: Account) -> None:
    tracked(account, *({"external_id": "inc", "score": {"inc": n}} for n in (5, -2, 0.1, 0.2)))
    assert members(account, "score = 3.3 AND external_id = 'inc'") == 1
    for part in ("999999999999999998.999999999998", "1.000000000001"):
        body = f'{{"attributes":[{{"external_id":"wide","score":{{"inc":{part}}}}}]}}'
        answer = httpx.post(f"{account.server.url}/users/track", content=body,
                            headers={"Authorization": f"Bearer {account.key}"})  # fmt: skip
        assert answer.status_code == 201
    found = account.server.get("/api/v1/contacts/wide", account.key)
    assert '"score":999999999999999999.999999999999' in found.text


def test_objects_in_arrays_are_added_amended_and_removed(account: Account) -> None:
    def pets(operation: Any) -> Any:
        tracked(account, {"external_id": "pets", "_merge_objects": "true", "pets": operation})
        return fields(account, "pets").get("pets")

    gus, gerald = {"id": 1, "name": "Gus"}, {"id": 2, "name": "Gerald"}
    assert pets([gus]) == [gus]
    assert pets({"$add": [gerald]}) == [gus, gerald]
    amended = pets({"$update": [{"$identifier_key": "id", "$identifier_value": 2,
                                 "$new_object": {"age": 3}}]})  # fmt: skip
    assert amended == [gus, {**gerald, "age": 3}]
    assert pets({"$remove": [{"$identifier_key": "id", "$identifier_value": 1}]}) == amended[1:]


def test_objects_are_replaced_or_merged(account: Account) -> None:
    tracked(account, {"external_id": "obj", "home": {"city": "Rome", "geo": {"lat": 1, "lon": 2}}})
    tracked(account, {"external_id": "obj", "_merge_objects": True,
                      "home": {"city": None, "geo": {"lon": 3}, "floor": 4}})  # fmt: skip
    assert fields(account, "obj")["home"] == {"geo": {"lat": 1, "lon": 3}, "floor": 4}
    tracked(account, {"external_id": "obj", "home": {"floor": 5}})
    assert fields(account, "obj")["home"] == {"floor": 5}


def test_update_existing_only_makes_nobody(account: Account) -> None:
    answer = track(
        account,
        attributes=[{"external_id": "ghost", "_update_existing_only": True, "g": 1}],
        events=[{"external_id": "ghost", "_update_existing_only": True, "name": "e", "time": "2026-01-01"}],
    )  # fmt: skip
    assert answer.status_code == 201
    assert account.server.get("/api/v1/contacts/ghost", account.key).status_code == 404
    tracked(account, {"external_id": "ghost", "_update_existing_only": False, "g": 1})
    assert fields(account, "ghost") == {"g": 1}


def test_aliases_find_but_make_nobody_unless_told(account: Account) -> None:
    alias = {"alias_name": "a1", "alias_label": "crm"}
    tracked(account, {"user_alias": alias, "al": 1})
    assert members(account, "al = 1") == 0
    tracked(account, {"user_alias": alias, "_update_existing_only": False, "al": 1})
    tracked(account, {"user_alias": alias, "al": 2})
    assert members(account, "al = 2") == 1
    tracked(
        account, {"external_id": "aliased", "user_alias": alias | {"alias_name": "a2"}, "al": 5}
    )
    track(
        account,
        events=[
            {"user_alias": alias | {"alias_name": "a2"}, "name": "by alias", "time": "2026-01-01"}
        ],
    )
    in_events = "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'by alias')"
    assert members(account, f"al = 5 AND {in_events}") == 1


def test_email_identifies_before_phone(account: Account) -> None:
    tracked(account, {"email": "By.Mail@Example.com", "phone": "+15550000001", "bm": 1})
    tracked(account, {"email": "by.mail@example.com", "bm": 2})
    tracked(account, {"phone": "+15550000009", "bp": 1})
    tracked(account, {"phone": "+15550000009", "bp": 2})
    assert (members(account, "bm = 2"), members(account, "bm = 1")) == (1, 0)
    assert (members(account, "bp = 2"), members(account, "bp = 1")) == (1, 0)


def test_events_and_purchases_are_events_like_any_other(account: Account) -> None:
    def event(name: str, time: str, **properties: Any) -> Any:
        return {"external_id": "ev", "name": name, "time": time, "properties": properties}

    answer = track(
        account,
        events=[event("scored", "2026-01-01T10:00:00Z", level=n, deep={"x": [1]}) for n in (1, 2, 3)],
        purchases=[{"external_id": "ev", "product_id": "sku", "currency": "eur", "price": "9.95",
                    "quantity": 3, "time": "2026-01-02", "properties": {"color": "red"}}],
    )  # fmt: skip
    assert answer.json() == {"events_processed": 3, "purchases_processed": 1, "message": "success"}
    inside = "contact_id IN (SELECT contact_id FROM event_data WHERE {})"
    for where in (
        "event_type = 'scored' AND properties.level >= 3",
        "event_type = 'scored' AND event_source = 'custom_events' GROUP BY contact_id HAVING COUNT(*) = 3",
        ("event_type = 'purchase' AND properties.product_id = 'sku' AND properties.color = 'red'"
        " AND properties.currency = 'EUR' AND properties.price = 9.95 AND properties.value = 29.85"),
    ):  # fmt: skip
        assert members(account, inside.format(where)) == 1, where


def test_what_is_wrong_is_named_and_the_rest_is_taken(account: Account) -> None:
    """Observed, both types."""
    answer = track(
        account,
        events=[{"external_id": "part", "name": "fine", "time": "2026-01-01"}, {"name": "x", "time": "2026-01-01"}],
        purchases=[{"external_id": "part", "product_id": "p", "currency": "USD", "price": 1,
                    "quantity": 101, "time": "2026-01-01"}],
    )  # fmt: skip
    assert answer.status_code == 201
    assert list(answer.json()) == ["events_processed", "message", "errors"]
    assert answer.json() == {
        "events_processed": 1,
        "message": "success",
        "errors": [
            {"type": REQUIRED, "input_array": "events", "index": 1},
            {"type": "'quantity' is not valid", "input_array": "purchases", "index": 0},
        ],
    }


@pytest.mark.parametrize(("array", "item", "kind"), [
    ("attributes", {"foo": 1}, REQUIRED),
    ("attributes", {"external_id": ""}, "'external_id' is not valid"),
    ("attributes", {"external_id": "x", "email": "nope"},
     "The value provided for the 'email' field is not a valid email."),
    ("attributes", {"user_alias": {"alias_name": "n"}},
     "'user_alias' must have an 'alias_name' and an 'alias_label'"),
    ("attributes", {"braze_id": "nobody"}, "'braze_id' is not valid"),
    ("attributes", {"external_id": "x", "age": "old"},
     "The value provided for the 'age' field is not valid: this attribute holds numbers"),
    ("attributes", {"external_id": "x", "age": {"$add": ["x"]}}, None),
    ("attributes", {"external_id": "x", "gender": "?"}, None),
    ("attributes", {"external_id": "x", "new_mixed": ["a", {"b": 1}]}, None),
    ("attributes", {"external_id": "x", "new_dotted": {"a.b": 1}}, None),
    ("attributes", {"external_id": "x", "y" * 101: 1}, None),
    ("attributes", "text", None),
    ("events", {"external_id": "x", "time": "2026-01-01"}, "'name' is required"),
    ("events", {"external_id": "x", "name": "n"}, "'time' is required"),
    ("events", {"external_id": "x", "name": "n", "time": "soon"}, "'time' is not valid"),
    ("events", {"external_id": "x", "name": "n", "time": "2026-01-01", "properties": {"$x": 1}}, None),
    ("purchases", {"external_id": "x", "currency": "USD", "price": 1, "time": "2026-01-01"},
     "'product_id' is required"),
    ("purchases", {"external_id": "x", "product_id": "p", "currency": "dollars", "price": 1,
                   "time": "2026-01-01"}, "'currency' is not valid"),
    ("purchases", {"external_id": "x", "product_id": "p", "currency": "USD", "price": "free",
                   "time": "2026-01-01"}, "'price' is not valid"),
])  # fmt: skip
def test_an_object_that_cannot_be_taken(
    account: Account, array: str, item: Any, kind: str | None
) -> None:
    """Types: `REQUIRED`, quantity and email observed; the others are ours (README)."""
    answer = track(account, **{array: [item]})
    assert answer.status_code == 400
    assert list(answer.json()) == ["message", "errors"]
    assert answer.json()["message"] == NOTHING
    (error,) = answer.json()["errors"]
    assert (error["input_array"], error["index"]) == (array, 0)
    assert kind is None or error["type"] == kind
    names = [one["name"] for one in account.native("/fields")["data"]]
    assert not [name for name in names if name.startswith("new_")]


def test_nothing_sent_is_nothing_valid(account: Account) -> None:
    """Observed."""
    bodies: list[dict[str, Any]] = [{}, {"attributes": []}]
    for body in bodies:
        answer = track(account, **body)
        assert (answer.status_code, answer.json()) == (400, {"message": NOTHING})
    # braze-client always sends all three (captured).
    empty: dict[str, Any] = {"events": [], "purchases": []}
    assert track(account, attributes=[{"external_id": "1", "a": 1}], **empty).status_code == 201


def test_an_array_has_at_most_75(account: Account) -> None:
    """Documented text and status; that each array may have so many: for older limits."""
    many = [{"external_id": f"m{n}", "m": n} for n in range(76)]
    answer = track(account, attributes=many)
    assert (answer.status_code, answer.json()) == (400, {"message": "Max Input Length Exceeded"})
    assert track(account, attributes=many[:75]).json()["attributes_processed"] == 75


def test_bodies_that_cannot_be_read(account: Account) -> None:
    """400: documented status. 413 and 415: observed. The texts are ours."""
    url, key = f"{account.server.url}/users/track", {"Authorization": f"Bearer {account.key}"}
    for body in (b"{", b"[]", b"", b"\xff"):
        answer = httpx.post(url, content=body, headers=key)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("The request body must be a JSON object")
    typed = httpx.post(url, content=b"{}", headers={**key, "Content-Type": "text/plain"})
    assert typed.status_code == 415
    large = httpx.post(url, content=b" " * (4 * 1024 * 1024 + 1), headers=key)
    assert large.status_code == 413


def test_the_key_may_be_in_the_body(account: Account) -> None:
    body = {"attributes": [{"external_id": "legacy", "a": 1}], "api_key": account.key}
    assert httpx.post(f"{account.server.url}/users/track", json=body).status_code == 201
    body["api_key"] = "non-existent"
    answer = httpx.post(f"{account.server.url}/users/track", json=body)
    assert (answer.status_code, answer.json()) == (
        401,
        {"message": "Invalid API key: non-existent"},
    )


def test_names_that_carpel_uses_itself_are_free_for_attributes(account: Account) -> None:
    tracked(account, {"external_id": "own", "updated_at": "yesterday", "contact_id": 5})
    assert fields(account, "own") == {"custom.updated_at": "yesterday", "custom.contact_id": 5}
