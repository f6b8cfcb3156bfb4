"""Batch's `/profiles/update` and `/profiles/mass-update` (contracts/batch.md §4.1)."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from conftest import Account
from support.batch import Project, refused
from support.running import SHARED

SAMPLE = SHARED / "contracts/specs/batch/samples/profiles-mass-update.request.json"


@pytest.fixture(scope="module")
def project(account: Account) -> Project:
    return Project(account)


def item(custom_id: str, attributes: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    given = {"identifiers": {"custom_id": custom_id}, **more}
    return given if attributes is None else given | {"attributes": attributes}


def test_native_and_custom_attributes_become_fields(project: Project) -> None:
    answer = project.update(
        item("jane", {
            "$email_address": "Jane@Example.com", "$email_marketing": "subscribed",
            "$phone_number": "+33639981337", "$sms_marketing": "unsubscribed", "$language": "en",
            "$region": "FR", "$timezone": "Europe/Paris", "$topic_preferences": ["news"],
            "first_name": "Jane", "date(birthdate)": "1989-07-20T00:00:00Z", "points": 12.50,
            "url(site)": "https://example.com/j", "interests": ["bikes", "cinema"], "vip": True,
        })
    )  # fmt: skip
    assert answer == {"code": "SUCCESS"}
    found = project.profile("jane")
    assert (found["external_id"], found["email"]) == ("jane", "jane@example.com")
    assert found["fields"] == {
        "email_subscribe": "subscribed", "phone_number": "+33639981337",
        "sms_marketing": "unsubscribed", "language": "en", "country": "FR",
        "time_zone": "Europe/Paris", "topic_preferences": ["news"], "first_name": "Jane",
        "birthdate": "1989-07-20T00:00:00Z", "points": 12.5, "site": "https://example.com/j",
        "interests": ["bikes", "cinema"], "vip": True,
    }  # fmt: skip


def test_types_come_from_the_key_and_from_json_never_from_the_text(project: Project) -> None:
    project.update(
        item("typed", {"code_like": "0123", "day_like": "2020-01-01", "date(day)": "2020-01-01"})
    )
    types = {one["name"]: one["type"] for one in project.account.native("/fields")["data"]}
    assert (types["code_like"], types["day_like"], types["day"]) == ("text", "text", "date")


def test_null_takes_away_and_what_is_not_sent_stays(project: Project) -> None:
    project.update(item("keeper", {"$language": "fr", "shoe": 42, "$email_address": "k@x.org"}))
    project.update(item("keeper", {"shoe": None, "nobody_has_this": None}))
    assert project.profile("keeper")["fields"] == {"language": "fr"}
    project.update(item("keeper", {"$email_address": None, "$language": None}))
    assert "email" not in project.profile("keeper")


def test_adding_and_removing_look_at_what_is_there(project: Project) -> None:
    project.update(item("clubs", {"clubs": ["a", "b"]}))
    answers = [
        project.post("/profiles/update", [item("clubs", {"clubs": change})]).json()
        for change in ({"$add": ["c", "a"]}, {"$remove": ["b"]}, {"$add": ["d"], "$remove": ["c"]})
    ]
    project.settle()
    assert answers == [{"code": "SUCCESS"}] * 3
    assert project.profile("clubs")["fields"]["clubs"] == ["a", "d"]
    project.update(item("clubs", {"clubs": {"$remove": ["a", "d", "z"]}}))
    assert "clubs" not in project.profile("clubs")["fields"]
    project.update(item("joins_first", {"teams_joined": {"$add": ["x"]}}))
    assert project.profile("joins_first")["fields"]["teams_joined"] == ["x"]


def test_an_installation_is_a_profile_too(project: Project) -> None:
    project.update({"identifiers": {"installation": "i-1"}, "attributes": {"first_name": "Device"}})
    shown = project.export(identifiers=["installation_ids"], attributes=["first_name"])
    assert {
        "identifiers": {"installation_ids": ["i-1"]},
        "attributes": {"first_name": "Device"},
    } in (project.lines(shown))


def test_consent_given_at_another_door_is_known_here(project: Project) -> None:
    for custom_id, consent in (("strong", "opted_in"), ("none", "unsubscribed")):
        body = {"attributes": [{"external_id": custom_id, "email_subscribe": consent}]}
        account = project.account
        assert account.server.post("/users/track", account.key, body).status_code == 201
    project.update(item("here", {"$email_marketing": "unsubscribed"}))
    lines = project.lines(
        project.export(attributes=["$email_marketing"], identifiers=["custom_id"])
    )
    found = {line["identifiers"].get("custom_id"): line["attributes"] for line in lines}
    for custom_id, consent in (
        ("strong", "subscribed"), ("none", "unsubscribed"), ("here", "unsubscribed"),
    ):  # fmt: skip
        assert found[custom_id] == {"$email_marketing": consent}
    project.update(item("none", {"$email_marketing": None}))
    assert "email_subscribe" not in project.profile("none")["fields"]


def test_profiles_that_share_an_address_stay_two(project: Project) -> None:
    shared = {"$email_address": "both@example.com"}
    project.update(item("one", shared), item("two", shared))
    assert project.profile("one")["email"] == project.profile("two")["email"] == "both@example.com"
    assert project.profile("one")["id"] != project.profile("two")["id"]


def test_a_contact_known_by_address_alone_becomes_the_profile(project: Project) -> None:
    account = project.account
    known = {"email": "only@example.com", "fields": {"city": "Bonn"}}
    account.native("/contacts?wait=applied", known)
    before = account.native("/contacts/only@example.com")
    project.update(item("named", {"$email_address": "only@example.com", "first_name": "N"}))
    assert project.profile("named")["id"] == before["id"]
    assert project.profile("named")["fields"] == {"city": "Bonn", "first_name": "N"}


def test_identifiers_that_connectors_add_are_passed_over(project: Project) -> None:
    given = {"identifiers": {"custom_id": "extra", "email_id": "x"}, "attributes": None}
    assert project.update(given) == {"code": "SUCCESS"}
    assert project.profile("extra")["external_id"] == "extra"


def test_a_custom_attribute_never_writes_over_what_another_thing_is(project: Project) -> None:
    project.update(item("clash", {"email": "not an address", "country": "Wonderland", "$region": "GB",
                                  "custom_email": "another"}))  # fmt: skip
    found = project.profile("clash")
    assert "email" not in found
    assert found["fields"] == {"custom_email": "not an address", "custom_country": "Wonderland",
                               "custom_custom_email": "another", "country": "GB"}  # fmt: skip
    shown = project.export(attributes=["email", "country", "custom_email", "$region"])
    assert {"attributes": {"email": "not an address", "country": "Wonderland", "$region": "GB",
                           "custom_email": "another"}} in project.lines(shown)  # fmt: skip


WRONG = {
    "$email_address": "nowhere", "$email_marketing": "maybe", "$phone_number": "0639981337",
    "$sms_marketing": True, "$language": "eng", "$region": "FRA", "$timezone": "Mars/Olympus",
    "$topic_preferences": "news", "$shoe_size": 42, "Bad-Name": 1, "a" * 31: 1, "date(x": 1,
    "empty": "", "long": "x" * 301, "null_inside": ["a", None], "many": ["x"] * 26,
    "object": {"a": 1}, "both": {"$add": ["a"], "other": 1}, "adds_text": {"$add": "a"},
    "date(birthday)": "yesterday", "date(number)": 3, "url(place)": "nowhere",
    "url(far)": "https://example.com/" + "x" * 2048, "huge": 10**19, "nul": "a\x00b",
}  # fmt: skip


def test_each_wrong_attribute_is_left_out_alone_and_named(project: Project) -> None:
    answer = project.update(
        item("before", {"shoe": 41}), item("mixed", {**WRONG, "right": "kept"}), item("after", {})
    )
    assert answer["code"] == "SUCCESS_WITH_PARTIAL_ERRORS"
    assert {error["attribute"] for error in answer["errors"]} == set(WRONG)
    for error in answer["errors"]:
        assert set(error) == {"category", "bulk_index", "reason", "attribute"}
        assert (error["category"], error["bulk_index"]) == ("attribute", 1)
    assert project.profile("mixed")["fields"] == {"right": "kept"}
    assert project.profile("before")["fields"] == {"shoe": 41}
    assert project.profile("after")["external_id"] == "after"
    names = {one["name"] for one in project.account.native("/fields")["data"]}
    assert not names & {"empty", "object", "huge", "place"}


def test_a_field_keeps_its_type(project: Project) -> None:
    project.update(item("typed2", {"height": 180}))
    answer = project.update(
        item("typed2", {"height": "tall"}), item("typed3", {"height": {"$add": ["x"]}})
    )
    assert [error["bulk_index"] for error in answer["errors"]] == [0, 1]
    assert "number" in answer["errors"][0]["reason"]
    assert project.profile("typed2")["fields"] == {"height": 180}


def test_at_most_fifty_attributes_and_fifteen_events(project: Project) -> None:
    attributes = {f"n{place}": place for place in range(52)}
    events = [{"name": "seen", "attributes": {"place": place}} for place in range(17)]
    answer = project.update(item("full", attributes, events=events))
    assert [error.get("attribute") for error in answer["errors"]] == ["n50", "n51", None, None]
    assert [error["category"] for error in answer["errors"][2:]] == ["event", "event"]
    assert len(project.profile("full")["fields"]) == 50
    found = project.account.native(
        "/segments/preview",
        {"sql": "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'seen' "
                "GROUP BY contact_id HAVING COUNT(*) = 15)"},
    )  # fmt: skip
    assert found["count"]["value"] == 1


def preview(project: Project, condition: str) -> int:
    sql = f"contact_id IN (SELECT contact_id FROM event_data WHERE {condition})"
    answer: int = project.account.native("/segments/preview", {"sql": sql})["count"]["value"]
    return answer


def test_events_with_all_they_hold(project: Project) -> None:
    answer = project.update(
        item("buyer", events=[{"name": "added_to_cart", "attributes": {
            "$label": "pumpkin", "quantity": 5, "unit_price": 3.99, "$tags": ["fruits", "organic"],
            "date(best_before)": "2026-12-24T00:00:00Z", "url(picture)": "https://example.com/p",
            "shop": {"town": "Paris", "date(opened)": "2020-05-01T00:00:00Z"},
            "items": [{"name": "seed", "price": 1}, {"name": "pot", "price": 2.5}],
            "gone": None, "Bad Name": 1, "long": "x" * 301,
        }}])
    )  # fmt: skip
    assert [(error["category"], error["attribute"]) for error in answer["errors"]] == [
        ("event", "Bad Name"), ("event", "long"),
    ]  # fmt: skip
    cart = "event_type = 'added_to_cart' AND "
    for condition in (
        "properties.quantity = 5", "properties.unit_price = 3.99",
        "properties.best_before < '2027-01-01'", "properties.shop.town = 'Paris'",
        "properties.shop.opened < '2021-01-01'", "properties.\"$label\" = 'pumpkin'",
        "properties.picture LIKE 'https%'",
    ):  # fmt: skip
        assert preview(project, cart + condition) == 1, condition


@pytest.mark.parametrize(
    "event",
    [{"name": "Bad Name"}, {"name": ""}, {"name": "old", "time": "2020-01-01T00:00:00Z"},
     {"name": "ahead", "time": "2999-01-01T00:00:00Z"}, {"name": "when", "time": "soon"},
     {"name": "big", "attributes": {f"a{n}": "x" * 290 for n in range(99)}}],
)  # fmt: skip
def test_a_wrong_event_is_left_out_alone(project: Project, event: Any) -> None:
    answer = project.update(item("w", {"right": "kept"}, events=[event, {"name": "fine"}]))
    (error,) = answer["errors"]
    assert (error["category"], error["bulk_index"]) == ("event", 0)
    assert error["reason"].startswith("events[0]: ")
    assert preview(project, "event_type = 'fine'") == 1


@pytest.mark.parametrize("custom_id", ["", "x" * 255, "a\x00b"])
def test_an_item_that_names_nobody_is_left_out(project: Project, custom_id: str) -> None:
    answer = project.update(
        item(custom_id, {"first_name": "Nobody"}, events=[{"name": "nothing"}]),
        item("somebody", {}),
    )
    (error,) = answer["errors"]
    assert (error["category"], error["bulk_index"]) == ("identifier", 0)
    assert preview(project, "event_type = 'nothing'") == 0
    assert project.profile("somebody")


@pytest.mark.parametrize(
    "body",
    [{}, "text", 7, [1], [{}], [{"identifiers": {}}], [{"identifiers": []}],
     [{"identifiers": {"custom_id": 5}}], [{"identifiers": {"custom_id": "a", "installation": "b"}}],
     [{**item("a"), "attributes": []}], [item("a", events={})], [item("a", events=["x"])],
     [item("a", events=[{}])], [item("a", events=[{"name": 7}])],
     [item("a", events=[{"name": "when", "time": 7}])], [item("a", events=[{"name": "x", "attributes": [1]}])],
     [item("formless", {"first_name": "F"}), {"attributes": {}}]],
)  # fmt: skip
def test_a_wrong_form_refuses_the_whole_call(project: Project, body: Any) -> None:
    answer = project.post("/profiles/update", body)
    assert answer.status_code == 400
    assert answer.json()["error_code"] in ("MALFORMED_PARAMETER", "MISSING_PARAMETER_VALUE")
    project.settle()
    assert (
        project.account.server.get("/api/v1/contacts/formless", project.account.key).status_code
        == 404
    )


def test_what_is_no_json_is_told(project: Project) -> None:
    answer = httpx.post(project.url("/profiles/update"), headers=project.headers, content=b"[{")
    refused(answer, 400, "MALFORMED_JSON_BODY")


def test_an_update_takes_200_profiles_and_a_mass_update_10_000(project: Project) -> None:
    many = [item(f"m{place}", {"place": place}) for place in range(201)]
    refused(project.post("/profiles/update", many), 400, "MALFORMED_PARAMETER")
    assert project.post("/profiles/update", many[:200]).status_code == 202
    for version, status in (("2.1", 202), ("2.4", 202), ("2.5", 400), ("2.13", 400)):
        answer = Project(project.account, version).post("/profiles/update", many)
        assert answer.status_code == status
    most = [item(f"m{place}", {"place": place}) for place in range(10_001)]
    refused(project.post("/profiles/mass-update", most), 400, "MALFORMED_PARAMETER")
    assert project.post("/profiles/mass-update", most[:10_000]).json() == {"code": "SUCCESS"}
    project.settle()
    assert (
        project.account.native("/segments/preview", {"sql": "place >= 0"})["count"]["value"]
        == 10_000
    )


@pytest.mark.skipif(not SAMPLE.exists(), reason="the vendor's samples lie beside the project")
def test_the_documentations_sample_is_taken_whole(project: Project) -> None:
    sample = json.loads(SAMPLE.read_text())["body"]
    for path in ("/profiles/update", "/profiles/mass-update"):
        assert project.post(path, sample).json() == {"code": "SUCCESS"}
