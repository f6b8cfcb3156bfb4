"""SendGrid's segments 2.0 (contracts/sendgrid.md §2), and v1 beside them (§1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.sendgrid import Caller, Office, office

ALL = "SELECT contact_id, updated_at FROM contact_data"
ROMANS = f"{ALL} WHERE city = 'Rome'"
NOWHERE = "00000000-0000-4000-8000-000000000000"
LIVE_KEYS = [
    "id", "name", "query_dsl", "query_version", "contacts_count", "contacts_sample",
    "sample_updated_at", "next_sample_update", "created_at", "updated_at", "parent_list_ids",
    "status",
]  # fmt: skip


def test_a_new_segment_looks_as_recorded(sendgrid: Caller) -> None:
    made = sendgrid.make_segment("New one", ROMANS)
    assert list(made) == LIVE_KEYS
    assert made["contacts_count"] == 0
    assert made["contacts_sample"] == []
    for name in ("sample_updated_at", "next_sample_update", "parent_list_ids"):
        assert made[name] is None
    assert (made["query_version"], made["query_dsl"]) == ("2", ROMANS)
    assert made["status"] == {"query_validation": "VALID"}


def test_a_segment_read_looks_as_recorded(sendgrid: Caller) -> None:
    segment_id = sendgrid.make_segment("Read one", ROMANS)["id"]
    found = sendgrid.get(f"/segments/2.0/{segment_id}")
    expected = [*LIVE_KEYS[:5], "identifier_counts", *LIVE_KEYS[5:]]
    assert list(found) == expected
    assert found["contacts_count"] == len(found["contacts_sample"]) == 30
    assert found["identifier_counts"] == {"AID": 0, "EID": 30, "EXTID": 30, "PHNID": 0}
    first = found["contacts_sample"][0]
    assert "last_name" not in first
    assert segment_id in first["segment_ids"]
    assert found["sample_updated_at"] is not None
    bare = sendgrid.get(f"/segments/2.0/{segment_id}", contacts_sample="false")
    assert "contacts_sample" not in bare
    sendgrid.get(f"/segments/2.0/{NOWHERE}", 404)


def test_the_truth_table_of_the_new_list(other: Caller) -> None:
    first, second = other.make_list("First"), other.make_list("Second")
    free = other.make_segment("Free", ALL)["id"]
    inner = other.make_segment("Inner", ALL, parent_list_ids=[first])["id"]
    outer = other.make_segment("Outer", ALL, parent_list_ids=[second])["id"]

    def listed(path: str = "/segments/2.0", **query: Any) -> set[str]:
        return {one["name"] for one in other.get(path, **query)["results"]} - {"Secret"}

    table: list[tuple[dict[str, Any], set[str]]] = [
        ({}, {"Free", "Inner", "Outer"}),
        ({"no_parent_list_id": "false"}, {"Free", "Inner", "Outer"}),
        ({"parent_list_ids": first}, {"Inner"}),
        ({"parent_list_ids": f"{first},{second}"}, {"Inner", "Outer"}),
        ({"parent_list_ids": NOWHERE}, set()),
        ({"parent_list_ids": first, "no_parent_list_id": "true"}, {"Free", "Inner"}),
        ({"parent_list_ids": NOWHERE, "no_parent_list_id": "True"}, {"Free"}),
        ({"no_parent_list_id": "true"}, {"Free"}),
        ({"ids": free}, {"Free"}),
        ({"ids": [inner, outer]}, {"Inner", "Outer"}),
        ({"ids[]": [inner, NOWHERE]}, {"Inner"}),
        ({"ids": f"{free},{outer}"}, {"Free", "Outer"}),
        ({"ids": inner, "parent_list_ids": second, "no_parent_list_id": "true"}, {"Inner"}),
        ({"ids": NOWHERE, "no_parent_list_id": "true"}, set()),
        ({"page_size": "1"}, {"Free", "Inner", "Outer"}),
    ]
    for query, expected in table:
        assert listed(**query) == expected, query
        assert listed("/segments", **query) == expected, query
    shown = other.get("/segments/2.0", ids=inner)["results"][0]
    assert list(shown) == [one for one in LIVE_KEYS if one not in ("query_dsl", "contacts_sample")]
    assert shown["parent_list_ids"] == [first]
    fifty_one = ",".join([NOWHERE] * 51)
    assert other.get("/segments/2.0", 400, parent_list_ids=fifty_one)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query_dsl": ALL}, "name"),
        ({"name": "", "query_dsl": ALL}, "name"),
        ({"name": "x" * 101, "query_dsl": ALL}, "name"),
        ({"name": "No query"}, "query_dsl"),
        ({"name": "Bad query", "query_dsl": "SELECT * FROM contact_data"}, "query_dsl"),
        ({"name": "Bad query", "query_dsl": f"{ALL} WHERE nonsense = 1"}, "query_dsl"),
        ({"name": "Bad query", "query_dsl": {"and": []}}, "query_dsl"),
        ({"name": "Bad query", "query_dsl": f"{ALL} JOIN email_activities"}, "query_dsl"),
        ({"name": "Two", "query_dsl": ALL, "parent_list_ids": [NOWHERE] * 2}, "parent_list_ids"),
        ({"name": "Bad", "query_dsl": ALL, "parent_list_ids": ["zzz"]}, "parent_list_ids"),
    ],
)
def test_what_cannot_be_made(sendgrid: Caller, body: Any, field: str) -> None:
    before = sendgrid.get("/segments/2.0")["results"]
    errors = sendgrid.post("/segments/2.0", body, 400)["errors"]
    assert errors[0]["field"] == field
    assert errors[0]["message"]
    assert [o["id"] for o in sendgrid.get("/segments/2.0")["results"]] == [o["id"] for o in before]


def test_names_are_unique_and_parents_exist(sendgrid: Caller) -> None:
    sendgrid.make_segment("Unique", ALL)
    again = {"name": "Unique", "query_dsl": ALL}
    assert sendgrid.post("/segments/2.0", again, 400)["errors"][0]["field"] == "name"
    orphan = {"name": "Orphan", "query_dsl": ALL, "parent_list_ids": [NOWHERE]}
    sendgrid.post("/segments/2.0", orphan, 404)


def test_one_space_of_ids(sendgrid: Caller) -> None:
    made = sendgrid.make_segment("Both ways", ROMANS)
    old = sendgrid.get(f"/segments/{made['id']}", query_json="false")
    assert (old["query_dsl"], old["query_version"]) == (ROMANS, "2")
    assert old["status"] == {"query_validation": "VALID"}
    tree = sendgrid.get(f"/segments/{made['id']}", query_json="true")["query_json"]
    assert tree == {"contacts": {
        "op": "=", "l": {"v": "city", "t": "ident"}, "r": {"v": "Rome", "t": "string"},
    }}  # fmt: skip
    assert sendgrid.delete(f"/segments/{made['id']}", 202, delete_contacts="false") == {}
    sendgrid.get(f"/segments/2.0/{made['id']}", 404)


def test_deleting_keeps_contacts(sendgrid: Caller) -> None:
    before = sendgrid.get("/contacts/count")["contact_count"]
    made = sendgrid.make_segment("Gone soon", ALL)
    assert sendgrid.delete(f"/segments/2.0/{made['id']}", 202) is None
    sendgrid.delete(f"/segments/2.0/{made['id']}", 404)
    assert sendgrid.get("/contacts/count")["contact_count"] == before
    sendgrid.make_segment("Gone soon", ALL)  # the name is free again


def test_many_are_deleted_at_once(sendgrid: Caller) -> None:
    ids = [sendgrid.make_segment(f"Bulk {number}", ALL)["id"] for number in range(3)]
    assert sendgrid.post("/segments/delete", {"ids": ids[:2]}, 202) == {}
    failed = sendgrid.post("/segments/delete", {"ids": [ids[2], ids[0], "zzz"]})
    assert failed == {"errors": [
        {"id": ids[0], "error": "segment not found"}, {"id": "zzz", "error": "invalid uuid"},
    ]}  # fmt: skip
    sendgrid.get(f"/segments/{ids[2]}", 404)
    sendgrid.post("/segments/delete", {}, 400)


def test_what_was_removed_says_so(sendgrid: Caller) -> None:
    made = sendgrid.make_segment("Not by v1", ALL)
    for method, path in (("POST", "/segments"), ("PATCH", f"/segments/{made['id']}")):
        answer = sendgrid.ask(method, path, {"name": "Old", "query_dsl": "city = 'Rome'"})
        assert answer.status_code == 405
        assert "removed" in answer.json()["errors"][0]["message"]


# ------------------------------------------------------------ on a stepped clock


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    with office(tmp_path / "data") as opened:
        yield opened


SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def test_a_change_comes_at_most_every_five_minutes(desk: Office) -> None:
    desk.sendgrid.upsert({"email": "a@example.com", "city": "Rome"})
    made = desk.sendgrid.make_segment("Slow", ALL)
    desk.sendgrid.make_segment("Other", ALL)
    path = f"/segments/2.0/{made['id']}"
    assert desk.sendgrid.get(path)["contacts_count"] == 1
    message = "Update request came too soon, please wait 5 minutes before trying again"
    desk.clock.advance(5 * MINUTE - 1)
    refused = desk.sendgrid.patch(path, {"name": "Quick"}, 429)
    assert refused["errors"][0]["message"] == message
    desk.clock.advance(1)
    assert desk.sendgrid.patch(path, {"name": "Other"}, 400)["errors"][0]["field"] == "name"
    assert desk.sendgrid.patch(path, {}, 400)
    changed = desk.sendgrid.patch(path, {"name": "Renamed"})
    assert list(changed) == LIVE_KEYS
    assert (changed["name"], changed["contacts_count"]) == ("Renamed", 1)
    assert (changed["contacts_sample"], changed["next_sample_update"]) == ([], None)
    assert changed["updated_at"] == "2026-06-01T12:05:00Z"
    assert changed["sample_updated_at"] is not None
    desk.sendgrid.patch(path, {"query_dsl": ROMANS}, 429)
    desk.clock.advance(5 * MINUTE)
    assert desk.sendgrid.patch(path, {"query_dsl": "nonsense"}, 400)
    assert desk.sendgrid.patch(path, {"query_dsl": f"{ALL} WHERE city = 'Oslo'"})
    assert desk.sendgrid.get(path)["contacts_count"] == 0
    desk.sendgrid.patch(f"/segments/2.0/{NOWHERE}", {"name": "x"}, 404)


def test_refreshing_by_hand_has_limits_and_errors_of_its_own(desk: Office) -> None:
    made = desk.sendgrid.make_segment("Fresh", ALL)
    path = f"/segments/2.0/refresh/{made['id']}"
    zone = {"user_time_zone": "America/Chicago"}
    unknown = desk.sendgrid.post(f"/segments/2.0/refresh/{NOWHERE}", zone, 404)
    assert unknown == {"error": "Segment does not exist."}
    for wrong in ({}, {"user_time_zone": "Chicago"}, {"user_time_zone": "../etc"}):
        assert set(desk.sendgrid.post(path, wrong, 400)) == {"error"}
    assert "refreshes_used" not in desk.sendgrid.get(f"/segments/2.0/{made['id']}")
    assert set(desk.sendgrid.post(path, zone, 202)) == {"job_id"}
    assert set(desk.sendgrid.post(path, zone, 429)) == {"error"}  # once an hour
    desk.clock.advance(HOUR)
    desk.sendgrid.post(path, zone, 202)
    found = desk.sendgrid.get(f"/segments/2.0/{made['id']}")
    assert (found["refreshes_used"], found["max_refreshes"]) == (2, 2)
    assert found["last_refreshed_at"] == "2026-06-01T13:00:00Z"
    desk.clock.advance(HOUR)
    desk.sendgrid.post(path, zone, 429)  # twice a day
    desk.clock.advance(15 * HOUR)  # 05:00Z: midnight in Chicago
    desk.sendgrid.post(path, zone, 202)
    assert desk.sendgrid.get(f"/segments/2.0/{made['id']}")["refreshes_used"] == 1


def test_ten_refreshes_a_day_in_all(desk: Office) -> None:
    zone = {"user_time_zone": "UTC"}
    ids = [desk.sendgrid.make_segment(f"S{number}", ALL)["id"] for number in range(11)]
    for one in ids[:10]:
        desk.sendgrid.post(f"/segments/2.0/refresh/{one}", zone, 202)
    desk.sendgrid.post(f"/segments/2.0/refresh/{ids[10]}", zone, 429)
    desk.clock.advance(12 * HOUR)  # midnight in UTC
    desk.sendgrid.post(f"/segments/2.0/refresh/{ids[10]}", zone, 202)


def _until(desk: Office, path: str, sampled_at: str) -> Any:
    """The segment once the sample of this instant has been taken; nothing else ends the wait."""
    for _ in range(500):
        found = desk.sendgrid.get(path)
        if found["sample_updated_at"] == sampled_at:
            return found
    raise AssertionError(f"no sample at {sampled_at}")


def test_the_vendors_schedule_backs_off_and_comes_back(tmp_path: Path) -> None:
    with office(tmp_path / "data", sendgrid_cadence="vendor") as desk:
        desk.sendgrid.upsert({"email": "a@example.com", "city": "Rome"})
        path = f"/segments/2.0/{desk.sendgrid.make_segment('Staged', ALL)['id']}"
        found = desk.sendgrid.get(path)
        assert (found["contacts_count"], found["sample_updated_at"]) == (0, None)
        desk.clock.advance(5 * SECOND)
        found = _until(desk, path, "2026-06-01T12:00:05Z")
        assert found["contacts_count"] == len(found["contacts_sample"]) == 1
        assert found["next_sample_update"] == "2026-06-01T13:00:05Z"
        desk.sendgrid.upsert({"email": "b@example.com"})
        assert desk.sendgrid.get(path)["contacts_count"] == 1  # not before the next look
        desk.clock.advance(HOUR)
        found = _until(desk, path, "2026-06-01T13:00:05Z")
        assert (found["contacts_count"], found["next_sample_update"]) == (2, "2026-06-01T14:00:05Z")
        looks = ["01T14", "01T16", "01T20", "02T04", "02T20", "03T20", "04T20"]
        for hours, at in zip((1, 2, 4, 8, 16, 24, 24), looks, strict=True):
            assert found["next_sample_update"] == f"2026-06-{at}:00:05Z"
            desk.clock.advance(hours * HOUR)  # nobody enters or leaves
            found = _until(desk, path, f"2026-06-{at}:00:05Z")
        desk.sendgrid.upsert({"email": "c@example.com"})
        refresh = path.replace("2.0/", "2.0/refresh/")
        desk.clock.advance(HOUR)
        desk.sendgrid.post(refresh, {"user_time_zone": "UTC"}, 202)
        found = desk.sendgrid.get(path)
        assert (found["contacts_count"], found["sample_updated_at"]) == (3, "2026-06-04T21:00:05Z")
        assert found["next_sample_update"] == "2026-06-05T20:00:05Z"  # the schedule stays
        listed = desk.sendgrid.get("/segments")["results"][0]
        assert listed["contacts_count"] == 3
        assert listed["sample_updated_at"] == found["sample_updated_at"]
    with office(tmp_path / "data", "2026-06-04T22:00:00Z", sendgrid_cadence="vendor") as desk:
        assert desk.sendgrid.get(path)["sample_updated_at"] == "2026-06-04T21:00:05Z"


def test_the_legacy_operations_work_where_they_are_asked_for(tmp_path: Path) -> None:
    with office(tmp_path / "data", sendgrid_legacy=True) as desk:
        sendgrid = desk.sendgrid
        parent = sendgrid.make_list("Parent")
        sendgrid.upsert({"email": "in@example.com", "city": "Rome"}, lists=[parent])
        sendgrid.upsert({"email": "out@example.com", "city": "Rome"})
        made = sendgrid.post("/segments", {"name": "Old", "query_dsl": "city = 'Rome'"}, 201)
        assert "query_version" not in made
        # The answer need not wait for the first count.
        sample = [one["email"] for one in made["contacts_sample"]]
        assert sorted(sample) in ([], ["in@example.com", "out@example.com"])
        assert sendgrid.get(f"/segments/{made['id']}")["contacts_count"] == 2
        body: dict[str, Any] = {
            "name": "Older",
            "query_dsl": "city = 'Rome'",
            "parent_list_id": parent,
        }
        older = sendgrid.post("/segments", body, 201)
        assert older["query_dsl"] == f"(city = 'Rome') AND CONTAINS(list_ids, '{parent}')"
        assert older["parent_list_id"] == parent
        found = sendgrid.get(f"/segments/{older['id']}")
        assert [one["email"] for one in found["contacts_sample"]] == ["in@example.com"]
        body = {"name": "Newer", "query_dsl": "city = 'Oslo'", "parent_list_ids": [parent]}
        changed = sendgrid.patch(f"/segments/{made['id']}", body)
        assert (changed["name"], changed["parent_list_ids"]) == ("Newer", [parent])
        assert sendgrid.get(f"/segments/{made['id']}")["contacts_count"] == 0
        assert sendgrid.patch(f"/segments/{made['id']}", {"name": "Older"}, 400)
        wrong = {"name": "Bad", "query_dsl": "city = 5"}
        errors = sendgrid.post("/segments", wrong, 400)["errors"]
        message = "operator = is incompatible with STRING, NUMBER"
        assert errors[0] == {"field": "query_dsl", "message": message}
        tree = sendgrid.get(f"/segments/{made['id']}", query_json="true")["query_json"]
        assert tree["contacts"]["op"] == "="
        assert tree["contacts"]["r"]["v"] == "Oslo"
        listed = sendgrid.get("/segments/2.0")["results"]
        assert all("query_version" not in one for one in listed)


def test_a_new_segment_can_be_said_to_be_pending(tmp_path: Path) -> None:
    with office(tmp_path / "data", sendgrid_validation="pending") as desk:
        made = desk.sendgrid.make_segment("Pending", ALL)
        assert made["status"] == {"query_validation": "PENDING"}
        found = desk.sendgrid.get(f"/segments/2.0/{made['id']}")
        assert found["status"] == {"query_validation": "VALID"}
