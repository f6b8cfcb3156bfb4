"""Every exchange recorded live, in shape: keys, their order where it was seen, and kinds of values.

Source: contracts/sendgrid.md, what it grades live in §2.2 to §2.6, §3.1 to §3.7 and §6.
"""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from conftest import Account
from support.sendgrid import Caller

KINDS = (
    ("uuid", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("second", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    ("nanosecond", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"),
    ("link to contacts/{id}", r"http.*/v3/marketing/contacts/[0-9a-f-]{36}"),
    ("link to contact/{id}", r"http.*/v3/marketing/contact/[0-9a-f-]{36}"),
    ("link to search", r"http.*/v3/marketing/contacts/search"),
    ("link to lists", r"http.*/v3/marketing/lists\?page_size=100&page_token="),
    ("link to lists/{id}", r"http.*/v3/marketing/lists/[0-9a-f-]{36}"),
    ("link to field", r"http.*/v3/marketing/field_definitions/[a-z]+\d+_[TND]"),
    ("link to contacts", r"http.*/v3/marketing/contacts"),
    ("field id", r"[a-z]+\d+_[TND]"),
    ("address", r"[^@ ]+@[^@ ]+"),
    ("", r""),
)
QUERY = "SELECT contact_id, updated_at FROM contact_data WHERE email = 'seed.one@example.com'"


def shape(value: Any) -> Any:
    """What kind of value it is; of arrays, what the first item is."""
    match value:
        case dict():
            return {name: shape(one) for name, one in value.items()}
        case list():
            return [shape(value[0])] if value else []
        case str():
            return next((kind for kind, form in KINDS if re.fullmatch(form, value)), "text")
        case None:
            return None
        case _:
            return type(value).__name__


@pytest.fixture(scope="module")
def seeded(sendgrid: Caller) -> Caller:
    target = sendgrid.make_list("Seeds")
    person = {"email": "seed.one@example.com", "first_name": "Seed", "last_name": "One"}
    sendgrid.upsert(person, lists=[target])
    return sendgrid


VALID = {"query_validation": "text"}
SEGMENT_ITEM = {
    "id": "uuid", "name": "text", "query_version": "text", "contacts_count": "int",
    "sample_updated_at": "second", "next_sample_update": "second", "created_at": "second",
    "updated_at": "second", "parent_list_ids": None, "status": VALID,
}  # fmt: skip
IDENTIFIERS = {"AID": "int", "EID": "int", "EXTID": "int", "PHNID": "int"}
SAMPLED = {
    "email": "address", "first_name": "text", "id": "uuid", "last_name": "text",
    "list_ids": ["uuid"], "segment_ids": ["uuid"], "created_at": "second", "updated_at": "second",
    "_metadata": {"self": "link to contacts/{id}"},
}  # fmt: skip


def test_a_segment_is_created(seeded: Caller) -> None:
    made = seeded.make_segment("Recorded: create", QUERY)
    expected: dict[str, Any] = {
        "id": "uuid", "name": "text", "query_dsl": "text", "query_version": "text",
        "contacts_count": "int", "contacts_sample": [], "sample_updated_at": None,
        "next_sample_update": None, "created_at": "second", "updated_at": "second",
        "parent_list_ids": None, "status": VALID,
    }  # fmt: skip
    assert list(shape(made).items()) == list(expected.items())
    assert (made["query_version"], made["status"]["query_validation"]) == ("2", "VALID")
    seeded.delete(f"/segments/2.0/{made['id']}", 202)
    assert seeded.last is not None
    assert seeded.last.content == b""


def test_segments_are_listed_and_read(seeded: Caller) -> None:
    made = seeded.make_segment("Recorded: read", QUERY)
    found = seeded.get("/segments/2.0", ids=made["id"])
    assert list(found) == ["results"]
    assert list(shape(found["results"][0]).items()) == list(SEGMENT_ITEM.items())
    found = shape(seeded.get(f"/segments/2.0/{made['id']}"))
    sample = found["contacts_sample"][0]
    assert {name: sample.pop(name) for name in SAMPLED} == SAMPLED
    assert not sample
    expected: dict[str, Any] = {
        **{name: SEGMENT_ITEM[name] for name in ("id", "name")}, "query_dsl": "text",
        **SEGMENT_ITEM, "identifier_counts": IDENTIFIERS, "contacts_sample": [{}],
    }  # fmt: skip
    assert found == expected
    order = list(found)
    assert order[2:7] == [
        "query_dsl", "query_version", "contacts_count", "identifier_counts", "contacts_sample",
    ]  # fmt: skip


FULL = {
    "address_line_1": "", "address_line_2": "", "alternate_emails": [], "city": "", "country": "",
    "email": "address", "first_name": "text", "id": "uuid", "last_name": "text",
    "list_ids": ["uuid"], "segment_ids": ["uuid"], "postal_code": "", "state_province_region": "",
    "phone_number": "", "whatsapp": "", "line": "", "facebook": "", "unique_name": "",
    "phone_number_id": "", "external_id": "", "anonymous_id": "", "custom_fields": {},
    "created_at": "second", "updated_at": "second",
    "_metadata": {"self": "link to contacts/{id}"},
}  # fmt: skip


def test_contacts_are_searched_and_listed(seeded: Caller) -> None:
    found = shape(seeded.search("email = 'seed.one@example.com'"))
    assert found == {
        "contact_count": "int", "result": [FULL], "_metadata": {"self": "link to search"},
    }  # fmt: skip
    found = seeded.get("/contacts")
    assert list(found) == ["result", "contact_count", "_metadata"]
    assert found["_metadata"]["self"].endswith("/v3/marketing/contacts")
    recent = next(one for one in found["result"] if one["email"] == "seed.one@example.com")
    expected: dict[str, Any] = {
        **FULL, "alternate_emails": None, "updated_at": "nanosecond",
        "_metadata": {"self": "link to contact/{id}"},
    }  # fmt: skip
    del expected["segment_ids"]
    assert shape(recent) == expected


def test_contacts_are_counted(seeded: Caller) -> None:
    assert shape(seeded.get("/contacts/count")) == {
        "contact_count": "int", "billable_count": "int", "identifier_counts": IDENTIFIERS,
    }  # fmt: skip


def test_contacts_are_upserted_and_a_job_tells(seeded: Caller) -> None:
    body = {"contacts": [{"email": "upserted@example.com", "first_name": "Agent"}]}
    answer = seeded.put("/contacts", body)
    assert shape(answer) == {"job_id": "uuid"}
    job = seeded.job(answer["job_id"])
    assert job["job_type"] == "upsert_contacts"
    assert job["results"] == {"requested_count": 1, "created_count": 1}
    assert {name: shape(job[name]) for name in ("id", "started_at")} == {
        "id": "uuid", "started_at": "second",
    }  # fmt: skip


def test_lists_and_fields(seeded: Caller) -> None:
    found = shape(seeded.get("/lists"))
    one = {
        "name": "text", "id": "uuid", "contact_count": "int",
        "_metadata": {"self": "link to lists/{id}"},
    }  # fmt: skip
    assert found == {"result": [one], "_metadata": {"self": "link to lists", "count": "int"}}
    made = seeded.make_list("Recorded list")
    assert shape(seeded.get(f"/lists/{made}")) == {**one, "identifier_counts": IDENTIFIERS}
    body = {"name": "recorded_field", "field_type": "Text"}
    assert list(shape(seeded.post("/field_definitions", body)).items()) == [
        ("id", "field id"), ("name", "text"), ("field_type", "text"),
        ("_metadata", {"self": "link to field"}),
    ]  # fmt: skip


def test_errors(seeded: Caller, account: Account) -> None:
    url = account.server.url + "/v3/marketing/lists"
    assert httpx.get(url).json() == {
        "errors": [{"field": None, "message": "authorization required"}]
    }
    message = "The provided authorization grant is invalid, expired, or revoked"
    assert httpx.get(url, headers={"Authorization": "Bearer SG.x.y"}).json() == {
        "errors": [{"message": message, "field": None, "help": None}]
    }
    forbidden = httpx.get(
        url, headers={"Authorization": f"Bearer {account.make_key('segments.list')}"}
    )
    assert (forbidden.status_code, forbidden.json()) == (
        403, {"errors": [{"message": "access forbidden", "field": None, "help": None}]},
    )  # fmt: skip
    seeded.get("/lists")
    assert seeded.last is not None
    headers = seeded.last.headers
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"] == "application/json"
    assert headers["x-ratelimit-limit"] == "600"
    seeded.search("email = 'x'")
    assert seeded.last.headers["x-ratelimit-limit"] == "200"
