"""How identities from different doors meet (docs/decisions/0004-identities.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.inside import House, house

SEEN = "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = '{}')"


@pytest.fixture
def it(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path / "data") as found:
        yield found


def contact(it: House, reference: str) -> Any:
    return it.client.get(f"/contacts/{reference}")


def people(it: House) -> int:
    return int(it.client.post("/segments/preview", {"sql": "TRUE"})["count"]["value"])


def test_any_identifier_finds_the_contact(it: House) -> None:
    it.put(
        {"external_id": "e", "email": "E@Example.com", "phone_number_id": "+1", "anonymous_id": "z"}
    )
    for number, way in enumerate(({"external_id": "e"}, {"email": " e@example.COM "},
                                  {"phone_number_id": "+1"}, {"anonymous_id": "z"})):  # fmt: skip
        assert it.put({**way, "fields": {"age": number}})["updated"] == 1
    contact_id = contact(it, "e")["id"]
    it.put({"id": contact_id, "fields": {"age": 9}})
    assert contact(it, "e@example.com")["fields"] == {"age": 9}
    assert people(it) == 1


def test_two_that_were_one_person_meet(it: House) -> None:
    it.put({"external_id": "e", "fields": {"age": 1, "city": "Rome"}})
    it.put({"email": "x@example.com", "fields": {"age": 2, "plan": "pro"}})
    it.happen({"email": "x@example.com", "event": "open", "time": "2026-01-01"},
              {"external_id": "e", "event": "buy", "time": "2026-01-01"})  # fmt: skip
    gone = contact(it, "x@example.com")["id"]
    it.segment(
        "both", f"{SEEN.format('open')} AND {SEEN.format('buy')} AND plan = 'pro' AND age = 1"
    )
    assert it.count("both")["value"] == 0
    it.put({"external_id": "e", "email": "x@example.com"})
    met = contact(it, "x@example.com")
    assert met["fields"] == {"age": 1, "city": "Rome", "plan": "pro"}
    assert met["external_id"] == "e"
    assert contact(it, gone)["id"] == met["id"]
    assert people(it) == 1
    assert it.members("both") == {"e"}


def test_two_external_ids_may_share_an_address(it: House) -> None:
    it.put({"external_id": "one", "email": "home@example.com"})
    it.put({"external_id": "two", "email": "home@example.com"})
    assert people(it) == 2
    it.put({"email": "home@example.com", "fields": {"age": 1}})
    assert contact(it, "one")["fields"] == {"age": 1}
    assert contact(it, "two")["fields"] == {}
    assert contact(it, "home@example.com")["external_id"] == "one"
    it.put({"external_id": "three", "email": "home@example.com"})
    assert people(it) == 3


def test_an_address_changes_through_a_stronger_identifier(it: House) -> None:
    it.put({"external_id": "e", "email": "old@example.com"})
    it.put({"external_id": "e", "email": "new@example.com"})
    assert contact(it, "e")["email"] == "new@example.com"
    assert it.put({"email": "old@example.com"})["created"] == 1
    assert people(it) == 2


def test_a_new_external_id_joins_a_contact_known_by_address(it: House) -> None:
    it.put({"email": "a@example.com", "fields": {"age": 1}})
    it.put({"external_id": "e", "email": "a@example.com"})
    assert contact(it, "e")["fields"] == {"age": 1}
    assert people(it) == 1


def test_within_one_request_what_comes_first_is_seen(it: House) -> None:
    it.put({"external_id": "e"}, {"email": "a@example.com", "fields": {"age": 1}},
           {"external_id": "e", "email": "a@example.com"}, {"email": "a@example.com", "fields": {"city": "x"}})  # fmt: skip
    assert contact(it, "e")["fields"] == {"age": 1, "city": "x"}
    assert people(it) == 1


def test_an_event_names_or_makes_its_contact(it: House) -> None:
    it.happen(
        {"external_id": "new", "email": "n@example.com", "event": "open", "time": "2026-01-01"}
    )
    assert contact(it, "n@example.com")["external_id"] == "new"
    it.segment("open", SEEN.format("open"))
    assert it.members("open") == {"new"}


def test_meetings_survive_a_restart(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.put({"external_id": "e"}, {"email": "x@example.com"})
        gone = contact(it, "x@example.com")["id"]
        it.happen({"email": "x@example.com", "event": "open", "time": "2026-01-01"})
        it.put({"external_id": "e", "email": "x@example.com"})
    with house(tmp_path / "data") as it:
        it.segment("open", SEEN.format("open"))
        assert it.members("open") == {"e"}
        assert contact(it, gone)["external_id"] == "e"
        assert it.put({"id": gone, "fields": {"age": 3}})["updated"] == 1
        assert people(it) == 1


def test_an_id_leads_through_several_meetings(it: House) -> None:
    it.put({"anonymous_id": "z"}, {"phone_number_id": "+1"}, {"external_id": "e"})
    first, second = contact_id(it, "anonymous_id = 'z'"), contact_id(it, "phone_number_id = '+1'")
    it.put({"phone_number_id": "+1", "anonymous_id": "z"})
    it.put({"external_id": "e", "phone_number_id": "+1"})
    assert people(it) == 1
    for former in (first, second):
        assert contact(it, former)["external_id"] == "e"


def contact_id(it: House, sql: str) -> str:
    (found,) = it.client.post("/segments/preview", {"sql": sql})["sample"]
    return str(found["id"])
