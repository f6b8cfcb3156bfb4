"""Objects in fields: kept whole, with parts that rules can name (docs/decisions/0010-objects.md)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from carpel.client import ApiError
from support.braze import braze_house
from support.inside import House, house

ADDRESS = {"city": "Rome", "floor": 3, "geo": {"lat": "41.9", "since": "2020-01-31"}, "old": None}
PETS = [{"id": 1, "name": "Gus", "tags": ["a", "b"]}, {"id": 2, "name": "Gerald"}]


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path / "data") as opened:
        yield opened


def fields_of(inside: House, reference: str) -> Any:
    return inside.client.get(f"/contacts/{reference}")["fields"]


def test_an_object_comes_back_as_it_was_sent(inside: House) -> None:
    inside.put({"external_id": "a", "fields": {"address": ADDRESS, "pets": PETS}})
    found = fields_of(inside, "a")
    assert found["address"] == {
        "city": "Rome", "floor": 3, "geo": {"lat": "41.9", "since": "2020-01-31"},
    }  # fmt: skip
    assert found["pets"] == PETS
    assert list(found) == ["address", "pets"]


def test_rules_name_the_parts(inside: House) -> None:
    inside.put(
        {"external_id": "a", "fields": {"address": ADDRESS, "pets": PETS}},
        {"external_id": "b", "fields": {"address": {"city": "Oslo", "floor": 10}}},
        {"external_id": "c", "fields": {"address": {"city": 7}}},
    )
    for name, (sql, members) in enumerate([
        ("\"address.city\" = 'Rome'", {"a"}),
        ('"address.floor" > 2.5', {"a", "b"}),
        ("\"address.geo.since\" < '2020-02-01'", {"a"}),
        ('"address.city" IS NULL', {"c"}),  # a number where texts are: missing
        ("array_contains(\"pets[].name\", 'Gus')", {"a"}),
        ("array_contains(\"pets[].id\", '2')", {"a"}),
    ]):  # fmt: skip
        inside.segment(str(name), sql)
        assert inside.members(str(name)) == members, sql


def test_counts_follow_the_parts(inside: House) -> None:
    inside.put({"external_id": "a", "fields": {"address": {"city": "Oslo"}}})
    inside.segment("romans", "\"address.city\" = 'Rome'")
    assert inside.count("romans")["value"] == 0
    inside.put({"external_id": "a", "fields": {"address": {"city": "Rome"}}})
    assert inside.count("romans")["value"] == 1
    inside.put({"external_id": "a", "fields": {"address": {"street": "Via Appia"}}})
    assert inside.count("romans")["value"] == 0
    inside.put({"external_id": "a", "fields": {"address": None}})
    assert "address" not in fields_of(inside, "a")


def test_numbers_keep_their_digits(inside: House) -> None:
    exact = Decimal("12345678901234.000000000001")
    inside.put({"external_id": "a", "fields": {"account": {"balance": exact}}})
    inside.segment("rich", '"account.balance" = 12345678901234.000000000001')
    assert inside.members("rich") == {"a"}


@pytest.mark.parametrize("wrong", [{"x": "y" * 100_001}, {"a": {"b": "\x00"}}, "text", [1, {}]])
def test_what_cannot_be_kept_is_refused(inside: House, wrong: Any) -> None:
    inside.put({"external_id": "a", "fields": {"address": {"city": "Oslo"}}})
    with pytest.raises(ApiError):
        inside.put({"external_id": "a", "fields": {"address": wrong}})
    with pytest.raises(ApiError):
        inside.put({"external_id": "a", "fields": {"address.city": "Rome"}})
    assert fields_of(inside, "a") == {"address": {"city": "Oslo"}}


def test_doors_without_objects_leave_them_out(tmp_path: Path) -> None:
    with braze_house(tmp_path / "doors") as inside:
        inside.put({"external_id": "a", "email": "a@example.com",
                    "fields": {"address": ADDRESS, "pets": PETS, "shoe": 43}})  # fmt: skip
        fields = inside.braze.get("/v3/marketing/field_definitions")
        assert [one["name"] for one in fields.json()["custom_fields"]] == ["shoe"]
        found = inside.braze.post(
            "/v3/marketing/contacts/search/emails", json={"emails": ["a@example.com"]}
        )
        contact = found.json()["result"]["a@example.com"]["contact"]
        assert contact["custom_fields"] == {"shoe": 43}
