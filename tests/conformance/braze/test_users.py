"""`POST /users/export/ids` and `POST /users/delete` (contracts/braze.md §4.2, §4.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.braze import BrazeHouse, braze_house

ALIAS = {"alias_name": "a1", "alias_label": "crm"}


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrazeHouse]:
    with braze_house(Path(tmp_path_factory.mktemp("users")) / "data") as opened:
        yield opened


def export(inside: BrazeHouse, **body: Any) -> Any:
    answer = inside.braze.post("/users/export/ids", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_user_is_exported_as_recorded(inside: BrazeHouse) -> None:
    inside.track(attributes=[{
        "external_id": 12345, "first_name": "John", "last_name": "Doe", "email": "example@test.com",
        "string_attribute": "sherman", "boolean_attribute_1": True, "integer_attribute": 25,
        "array_attribute": ["banana", "apple"],
    }])  # fmt: skip
    (user,) = export(inside, external_ids=[12345])["users"]
    assert list(user) == [
        "created_at", "external_id", "user_aliases", "appboy_id", "braze_id", "first_name",
        "last_name", "random_bucket", "email", "custom_attributes", "total_revenue", "push_subscribe",
        "email_subscribe",
    ]  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", user["created_at"])
    assert user["external_id"] == "12345"
    assert user["appboy_id"] == user["braze_id"]
    assert 0 <= user["random_bucket"] < 10_000
    assert user["custom_attributes"] == {
        "string_attribute": "sherman", "boolean_attribute_1": True, "integer_attribute": 25,
        "array_attribute": ["banana", "apple"],
    }  # fmt: skip
    assert user["total_revenue"] == 0.0
    assert (user["push_subscribe"], user["email_subscribe"]) == ("subscribed", "subscribed")
    by_id = export(inside, braze_id=user["braze_id"])["users"]
    assert by_id == export(inside, email_address="Example@test.com")["users"] == [user]


def test_events_and_purchases_are_summed_up(inside: BrazeHouse) -> None:
    who = {"external_id": "doer"}
    inside.track(
        events=[{**who, "name": "seen", "time": f"2026-05-{day:02}T10:00:00Z"} for day in (1, 3, 2)]
        + [{**who, "name": "long ago", "time": "2025-01-01"}],
        purchases=[
            {**who, "product_id": "p", "currency": "USD", "price": price, "quantity": quantity,
             "time": f"2026-05-0{quantity}T00:00:00Z"} for price, quantity in ((0.1, 1), (0.2, 3))
        ],
    )  # fmt: skip
    inside.put({"external_id": "sync"})
    (user,) = export(inside, external_ids=["doer"],
                     fields_to_export=["custom_events", "purchases", "total_revenue"])["users"]  # fmt: skip
    assert user == {
        "custom_events": [{"name": "seen", "first": "2026-05-01T10:00:00.000Z",
                           "last": "2026-05-03T10:00:00.000Z", "count": 3}],
        "purchases": [{"name": "p", "first": "2026-05-01T00:00:00.000Z",
                       "last": "2026-05-03T00:00:00.000Z", "count": 4}],
        "total_revenue": 0.7,
    }  # fmt: skip


def test_only_what_is_asked_for_is_shown(inside: BrazeHouse) -> None:
    inside.track(attributes=[{
        "external_id": "asked", "user_alias": ALIAS, "dob": "1980-12-21", "a": 1, "b": {"c": 2},
        "current_location": {"longitude": -87.8, "latitude": 41.8}, "phone": "+15551230000",
        "home_city": "Chicago", "email_subscribe": "opted_in",
    }])  # fmt: skip
    wanted = ["external_id", "user_aliases", "dob", "last_coordinates", "phone", "home_city",
              "email_subscribe", "apps", "no_such_field"]  # fmt: skip
    found = export(inside, user_aliases=[ALIAS], fields_to_export=wanted,
                   custom_attributes_to_export=["b"])  # fmt: skip
    assert found["users"] == [{
        "external_id": "asked", "user_aliases": [ALIAS], "home_city": "Chicago",
        "dob": "1980-12-21", "phone": "+15551230000", "last_coordinates": [-87.8, 41.8],
        "custom_attributes": {"b": {"c": 2}}, "email_subscribe": "opted_in",
    }]  # fmt: skip
    assert export(inside, phone="+15551230000", fields_to_export=["dob"])["users"] == [
        {"dob": "1980-12-21"}
    ]


def test_unknown_ids_are_named(inside: BrazeHouse) -> None:
    """Observed: 201 with both arrays."""
    answer = inside.braze.post("/users/export/ids", json={"external_ids": ["nope"]})
    assert answer.status_code == 201
    assert answer.content == b'{"users":[],"invalid_user_ids":["nope"],"message":"success"}'


def test_deleting_counts_what_was_sent(inside: BrazeHouse) -> None:
    """Recorded: three ids of whom nobody has heard are three deleted."""
    answer = inside.braze.post("/users/delete", json={"external_ids": [400, 401, 402]})
    assert (answer.status_code, answer.content) == (201, b'{"deleted":3,"message":"success"}')


def test_deleted_users_are_gone(inside: BrazeHouse) -> None:
    alias = {"alias_name": "gone", "alias_label": "x"}
    inside.track(attributes=[
        {"external_id": "d1", "del": 1}, {"email": "d2@example.com", "del": 1},
        {"user_alias": alias, "_update_existing_only": False, "del": 1},
        {"phone": "+15557770000", "del": 1}, {"external_id": "d5", "del": 1},
        {"external_id": "d6", "del": 1},
    ], events=[{"external_id": "d1", "name": "left behind", "time": "2026-05-01"}])  # fmt: skip
    inside.segment("Doomed", "del = 1")
    inside.put({"external_id": "sync"})
    assert inside.count("Doomed")["value"] == 6
    braze_id = export(inside, external_ids=["d5"])["users"][0]["braze_id"]
    for way, ids in (
        ("external_ids", ["d1"]),
        ("email_addresses", [{"email": "d2@example.com", "prioritization": ["unidentified"]}]),
        ("user_aliases", [alias]),
        ("phone_numbers", ["+15557770000"]),
        ("braze_ids", [braze_id]),
    ):
        answer = inside.braze.post("/users/delete", json={way: ids})
        assert answer.json() == {"deleted": 1, "message": "success"}
    inside.put({"external_id": "sync"})
    assert inside.members("Doomed") == {"d6"}
    assert export(inside, external_ids=["d1"])["invalid_user_ids"] == ["d1"]
    inside.track(attributes=[{"external_id": "d1"}])
    (user,) = export(inside, external_ids=["d1"])["users"]
    assert "custom_events" not in user


@pytest.mark.parametrize(("path", "body", "message"), [
    ("/users/export/ids", {"external_ids": ["x"] * 51},
     "The max number of external_ids and aliases per request was exceeded"),  # documented
    ("/users/export/ids", {"user_aliases": [ALIAS] * 51},
     "The max number of external_ids and aliases per request was exceeded"),  # documented
    ("/users/delete", {"external_ids": ["x"] * 51},
     "The max number of ids per request was exceeded"),  # documented
    ("/users/export/ids", {}, None),  # ours, as are all below
    ("/users/export/ids", {"external_ids": "x"}, None),
    ("/users/export/ids", {"external_ids": ["x"], "fields_to_export": "email"}, None),
    ("/users/export/ids", {"user_aliases": ["x"]}, None),
    ("/users/delete", {}, None),
    ("/users/delete", {"external_ids": ["x"], "braze_ids": ["y"]}, None),
    ("/users/delete", {"external_ids": {"x": 1}}, None),
    ("/users/delete", {"email_addresses": ["x@example.com"]}, None),
])  # fmt: skip
def test_what_makes_no_sense_is_a_400(
    inside: BrazeHouse, path: str, body: Any, message: str | None
) -> None:
    answer = inside.braze.post(path, json=body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["message"]
    assert message is None or answer.json()["message"] == message
