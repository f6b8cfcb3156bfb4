"""SendGrid's contacts written and read (contracts/sendgrid.md §3.1 to §3.3)."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from support.sendgrid import Caller

NOWHERE = "00000000-0000-4000-8000-000000000000"


def one(sendgrid: Caller, email: str) -> Any:
    found = sendgrid.post("/contacts/search/emails", {"emails": [email]})
    return found["result"][email]["contact"]


def test_an_upsert_creates_then_updates_and_a_job_says_so(sendgrid: Caller) -> None:
    plan = sendgrid.post("/field_definitions", {"name": "plan", "field_type": "Text"})["id"]
    spent = sendgrid.post("/field_definitions", {"name": "spent", "field_type": "Number"})["id"]
    since = sendgrid.post("/field_definitions", {"name": "since", "field_type": "Date"})["id"]
    target = sendgrid.make_list("Targets")
    job = sendgrid.upsert(
        {
            "email": " Ada@Example.COM",
            "first_name": "Ada",
            "postal_code": "00100",
            "alternate_emails": ["Ada.L@example.org"],
            "custom_fields": {plan: "gold", spent: 12.50, since: "02/28/2024"},
        },
        {"external_id": "ext-1", "last_name": "Nobody"},
        lists=[target],
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", job.pop("started_at"))
    assert job.pop("finished_at")
    assert job.pop("id")
    assert job == {
        "status": "completed",
        "job_type": "upsert_contacts",
        "results": {"requested_count": 2, "created_count": 2},
    }
    ada = one(sendgrid, "ada@example.com")
    assert ada["custom_fields"] == {"plan": "gold", "spent": 12.5, "since": "2024-02-28T00:00:00Z"}
    assert ada["list_ids"] == [target]
    assert ada["alternate_emails"] == ["ada.l@example.org"]
    assert (ada["postal_code"], ada["city"], ada["external_id"]) == ("00100", "", "")
    job = sendgrid.upsert(
        {"email": "ada@example.com", "city": "Rome", "first_name": "",
         "custom_fields": {spent.rpartition("_")[0]: "13"}},
    )  # fmt: skip
    assert job["results"] == {"requested_count": 1, "updated_count": 1}
    again = one(sendgrid, "ada@example.com")
    assert (again["id"], again["city"], again["first_name"]) == (ada["id"], "Rome", "")
    assert again["custom_fields"]["spent"] == 13
    assert again["custom_fields"]["plan"] == "gold"
    assert again["list_ids"] == [target]


BAD: list[tuple[Any, str]] = [
    ({"email": "no address"}, "email 'no address' is not valid"),
    ({"first_name": "Nobody"}, "is required"),
    ({"email": "a@example.com", "first_name": "x" * 51}, "50 characters"),
    ({"email": "a@example.com", "first_name": 5}, "must be a string"),
    ({"email": "a@example.com", "alternate_emails": ["x"]}, "email 'x' is not valid"),
    ({"email": "a@example.com", "alternate_emails": ["a@b.co"] * 6}, "5 items"),
    ({"email": "a@example.com", "custom_fields": {"nope": 1}}, "does not exist"),
    ({"email": "a@example.com", "custom_fields": []}, "must be an object"),
    ("text", "must be an object"),
]


@pytest.mark.parametrize(("contact", "message"), BAD)
def test_one_wrong_contact_refuses_all(sendgrid: Caller, contact: Any, message: str) -> None:
    fine = {"email": "fine@example.com"}
    errors = sendgrid.put("/contacts", {"contacts": [fine, contact]}, 400)["errors"]
    assert len(errors) == 1
    assert errors[0]["field"].startswith("contacts[1]")
    assert message in errors[0]["message"]
    sendgrid.post("/contacts/search/emails", {"emails": ["fine@example.com"]}, 404)


def test_a_field_under_its_name_is_told_its_id(sendgrid: Caller) -> None:
    made = sendgrid.post("/field_definitions", {"name": "shoe_size", "field_type": "Number"})["id"]
    body: Any = {"contacts": [{"email": "s@example.com", "custom_fields": {"shoe_size": 42}}]}
    assert made in sendgrid.put("/contacts", body, 400)["errors"][0]["message"]
    body = {"contacts": [{"email": "s@example.com", "custom_fields": {made: "large"}}]}
    assert (
        "shoe_size must be a number" in sendgrid.put("/contacts", body, 400)["errors"][0]["message"]
    )


def test_bodies_that_make_no_sense(sendgrid: Caller) -> None:
    people = [{"email": "x@example.com"}]
    bodies: list[Any] = [{}, {"contacts": []}, {"contacts": "x"}, {"contacts": people * 30_001}]
    for body in bodies:
        assert sendgrid.put("/contacts", body, 400)["errors"][0]["field"] == "contacts"
    listed = {"contacts": people, "list_ids": [NOWHERE]}
    assert sendgrid.put("/contacts", listed, 404)["errors"][0]["field"] == "list_ids"
    assert sendgrid.put("/contacts", {"contacts": people, "list_ids": ["zzz"]}, 400)
    path = "/v3/marketing/contacts"
    empty = sendgrid.http.put(path, headers={"Content-Type": "application/json"})
    assert (empty.status_code, empty.json()) == (400, {"errors": [
        {"field": "json.decode failed", "message": "error: EOF, body: Not Logging for PII Compliance!"},
    ]})  # fmt: skip
    assert (
        sendgrid.http.put(path, content=b"{'x'").json()["errors"][0]["field"]
        == "json.decode failed"
    )
    huge = sendgrid.http.put(path, content=b'{"contacts": "' + b"x" * 6 * 1024 * 1024 + b'"}')
    assert huge.status_code == 413
    assert huge.json()["errors"]


def test_a_contact_can_be_any_kind_of_known(sendgrid: Caller) -> None:
    key = uuid.uuid4().hex
    sendgrid.upsert({"phone_number_id": f"+39{key[:8]}", "external_id": key, "city": "Bari"})
    sendgrid.upsert({"anonymous_id": key, "city": "Pisa"})
    search = "/contacts/search/identifiers"
    found = sendgrid.post(f"{search}/external_id", {"identifiers": [key, "nobody"]})["result"]
    assert found[key]["contact"]["city"] == "Bari"
    assert found["nobody"] == {"error": "contact not found"}
    found = sendgrid.post(f"{search}/anonymous_id", {"identifiers": [key]})["result"]
    assert (found[key]["contact"]["city"], found[key]["contact"]["email"]) == ("Pisa", "")
    sendgrid.post(f"{search}/email", {"identifiers": ["nobody@example.com"]}, 404)
    sendgrid.post(f"{search}/shoe_size", {"identifiers": ["42"]}, 400)
    sendgrid.post(f"{search}/external_id", {"identifiers": []}, 400)
    sendgrid.post(f"{search}/external_id", {"identifiers": ["x"] * 101}, 400)


def test_search_by_address_takes_any_case_and_alternates(sendgrid: Caller) -> None:
    sendgrid.upsert({"email": "main@example.com", "alternate_emails": ["other@example.com"]})
    asked = {"emails": ["MAIN@example.com", "Other@Example.com", "none@example.com", ""]}
    found = sendgrid.post("/contacts/search/emails", asked)["result"]
    assert set(found) == {"MAIN@example.com", "Other@Example.com", "none@example.com"}
    assert found["MAIN@example.com"] == found["Other@Example.com"]
    assert found["none@example.com"] == {"error": "contact not found"}
    sendgrid.post("/contacts/search/emails", {"emails": ["none@example.com"]}, 404)
    sendgrid.post("/contacts/search/emails", {"emails": ["nonsense"]}, 400)
    sendgrid.post("/contacts/search/emails", {"emails": [""]}, 400)
    sendgrid.post("/contacts/search/emails", {}, 400)


def test_the_three_shapes_of_a_contact(sendgrid: Caller) -> None:
    sendgrid.upsert({"email": "shape@example.com", "first_name": "Shape"})
    full = sendgrid.search("email = 'shape@example.com'")["result"][0]
    assert full["address_line_1"] == ""
    assert full["alternate_emails"] == []
    assert isinstance(full["segment_ids"], list)
    assert full["_metadata"]["self"].endswith(f"/v3/marketing/contacts/{full['id']}")
    listed = sendgrid.get("/contacts")
    recent = next(one for one in listed["result"] if one["id"] == full["id"])
    assert recent["alternate_emails"] is None
    assert "segment_ids" not in recent
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", recent["updated_at"])
    assert recent["_metadata"]["self"].endswith(f"/v3/marketing/contact/{full['id']}")
    assert listed["_metadata"]["self"].endswith("/v3/marketing/contacts")
    assert sendgrid.get(f"/contacts/{full['id']}") == full
    assert sendgrid.post("/contacts/batch", {"ids": [full["id"], NOWHERE]})["result"] == [full]
    sendgrid.get(f"/contacts/{NOWHERE}", 404)
    sendgrid.get("/contacts/shape@example.com", 404)  # an address is no id here
    sendgrid.ask("POST", "/contacts/batch", {"ids": ["nonsense"]})
    assert sendgrid.last is not None
    assert sendgrid.last.status_code == 400


def test_the_newest_fifty_come_by_address(other: Caller) -> None:
    people = [{"email": f"p{number:03}@example.com"} for number in range(70)]
    other.upsert(*people)
    other.upsert({"email": "p005@example.com", "city": "Rome"})
    found = other.get("/contacts")
    addresses = [one["email"] for one in found["result"]]
    assert (len(addresses), found["contact_count"]) == (50, 70)
    assert addresses == sorted(addresses)
    assert "p005@example.com" in addresses
    assert other.search("email LIKE 'p0%'")["contact_count"] == 70
    assert len(other.search("email LIKE 'p0%'")["result"]) == 50


def test_counts_and_deletions(other: Caller) -> None:
    other.upsert({"email": "d1@example.com"}, {"email": "d2@example.com"}, {"external_id": "d3"})
    before = other.get("/contacts/count")
    assert before["identifier_counts"]["EXTID"] == 1
    found = other.search("email IN ('d1@example.com', 'd2@example.com')")["result"]
    ids = ",".join(one["id"] for one in found)
    job = other.job(other.delete("/contacts", 202, ids=ids)["job_id"])
    assert job["job_type"] == "delete_contacts"
    assert job["results"] == {"requested_count": 2, "deleted_count": 2}
    after = other.get("/contacts/count")
    assert after["contact_count"] == before["contact_count"] - 2
    assert after["billable_count"] == after["contact_count"] + 2
    assert after["identifier_counts"]["EID"] == before["identifier_counts"]["EID"] - 2
    other.delete("/contacts", 400)
    other.delete("/contacts", 400, ids="nonsense")
    job = other.job(other.delete("/contacts", 202, delete_all_contacts="true")["job_id"])
    assert job["results"]["deleted_count"] == after["contact_count"]
    assert other.get("/contacts/count")["contact_count"] == 0


def test_an_identifier_goes_unless_it_is_the_only_one(sendgrid: Caller) -> None:
    sendgrid.upsert({"email": "both@example.com", "external_id": "both"})
    path = f"/contacts/{one(sendgrid, 'both@example.com')['id']}/identifiers"
    wrong = {"identifier_type": "EMAIL", "identifier_value": "other@example.com"}
    job = sendgrid.delete(path, 202, wrong)["job_id"]
    assert sendgrid.job(job)["status"] == "failed"
    right = {"identifier_type": "EMAIL", "identifier_value": "Both@example.com"}
    assert sendgrid.job(sendgrid.delete(path, 202, right)["job_id"])["status"] == "completed"
    sendgrid.post("/contacts/search/emails", {"emails": ["both@example.com"]}, 404)
    last = {"identifier_type": "EXTERNALID", "identifier_value": "both"}
    assert sendgrid.job(sendgrid.delete(path, 202, last)["job_id"])["status"] == "failed"
    sendgrid.delete(path, 400, {"identifier_type": "SHOE", "identifier_value": "42"})
    sendgrid.delete(f"/contacts/{NOWHERE}/identifiers", 404, right)


def test_jobs_of_others_do_not_exist(sendgrid: Caller, other: Caller) -> None:
    job = sendgrid.upsert({"email": "j@example.com"})["id"]
    other.get(f"/contacts/imports/{job}", 404)
    sendgrid.get("/contacts/imports/nonsense", 404)


# Recorded (contracts/sendgrid.md §4.4).
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("first_name = 1", "operator = is incompatible with STRING, NUMBER"),
        ("created_at > 5", "operator > is incompatible with DATETIME, NUMBER"),
        ('CONTAINS(first_name, "Invoice")', "CONTAINS expects an array or map type as the first argument"),
    ],
)  # fmt: skip
def test_wrong_queries_get_the_recorded_words(sendgrid: Caller, query: str, message: str) -> None:
    errors = sendgrid.post("/contacts/search", {"query": query}, 400)["errors"]
    assert errors[0] == {"field": "query", "message": message}
    assert sendgrid.post("/contacts/search", {}, 400)["errors"][0]["field"] == "query"


def test_subscripts_on_what_is_no_map_fail_as_recorded(sendgrid: Caller) -> None:
    query = {"query": """(events['']="bounced")"""}
    failed = sendgrid.http.post("/v3/marketing/contacts/search", json=query)
    assert failed.status_code == 500
    assert failed.json() == {"errors": [{"message": "internal server error"}]}
