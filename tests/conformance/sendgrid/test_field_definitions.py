"""SendGrid's field definitions (contracts/sendgrid.md §3.7)."""

from __future__ import annotations

from pathlib import Path

from support.sendgrid import Caller, office

RESERVED = """
_rf0_T first_name, _rf1_T last_name, _rf2_T email, _rf3_T alternate_emails, _rf4_T address_line_1,
_rf5_T address_line_2, _rf6_T city, _rf7_T state_province_region, _rf8_T postal_code, _rf9_T country,
_rf10_T phone_number, _rf11_T whatsapp, _rf12_T line, _rf13_T facebook, _rf14_T unique_name,
_rf27_T list_ids, _rf28_T segment_ids, _rf15_T email_domains, _rf16_D last_clicked,
_rf17_D last_opened, _rf18_D last_emailed, _rf19_T singlesend_id, _rf20_T automation_id,
_rf21_D created_at, _rf22_D updated_at, _rf23_T contact_id, _rf24_T phone_number_id,
_rf25_T external_id, _rf26_T anonymous_id
"""


def test_reserved_fields_are_those_recorded_in_that_order(sendgrid: Caller) -> None:
    found = sendgrid.get("/field_definitions")
    expected = [tuple(one.split()) for one in RESERVED.split(",")]
    assert [(one["id"], one["name"]) for one in found["reserved_fields"]] == expected
    read_only = [one["name"] for one in found["reserved_fields"] if one.get("read_only")]
    assert (read_only[0], read_only[-1], len(read_only)) == ("email_domains", "contact_id", 9)
    for one in found["reserved_fields"]:
        assert one["field_type"] == {"T": "Text", "D": "Date"}[one["id"][-1]]
        assert one.get("read_only") in (None, True)


def test_a_field_is_made_used_renamed_and_deleted(sendgrid: Caller) -> None:
    made = sendgrid.post("/field_definitions", {"name": "plan_name", "field_type": "Text"})
    assert list(made) == ["id", "name", "field_type", "_metadata"]
    assert made["id"].endswith("_T")
    path = f"/field_definitions/{made['id']}"
    assert made["_metadata"]["self"].endswith(path)
    sendgrid.upsert({"email": "f@example.com", "custom_fields": {made["id"]: "gold"}})
    renamed = sendgrid.patch(path, {"name": "tier"})
    assert (renamed["id"], renamed["name"]) == (made["id"], "tier")
    found = sendgrid.post("/contacts/search/emails", {"emails": ["f@example.com"]})
    contact = found["result"]["f@example.com"]["contact"]
    assert contact["custom_fields"] == {"tier": "gold"}
    listed = [one["id"] for one in sendgrid.get("/field_definitions")["custom_fields"]]
    assert made["id"] in listed
    assert sendgrid.delete(path) is None
    assert sendgrid.delete(path, 404)
    assert sendgrid.patch(path, {"name": "again"}, 404)
    assert sendgrid.get(f"/contacts/{contact['id']}")["custom_fields"] == {}
    again = sendgrid.post("/field_definitions", {"name": "tier", "field_type": "Number"})
    assert again["id"] != made["id"]  # an id is never given twice
    assert sendgrid.get(f"/contacts/{contact['id']}")["custom_fields"] == {}


def test_types_have_letters(sendgrid: Caller) -> None:
    for name, letter in (("Text", "T"), ("Number", "N"), ("Date", "D")):
        body = {"name": f"of_type_{name}", "field_type": name}
        made = sendgrid.post("/field_definitions", body)
        assert (made["id"][-1], made["field_type"]) == (letter, name)


def test_bad_names_and_types_are_refused(sendgrid: Caller) -> None:
    sendgrid.post("/field_definitions", {"name": "Taken", "field_type": "Text"})
    for name in ("1st", "with space", "dash-ed", "", "x" * 101, "taken", "Email", "list_ids", 7):
        error = sendgrid.post("/field_definitions", {"name": name, "field_type": "Text"}, 400)
        assert error["errors"][0]["field"] == "name", name
    for kind in ("text", "Boolean", None, 3):
        wrong = {"name": "fine", "field_type": kind}
        assert sendgrid.post("/field_definitions", wrong, 400)["errors"][0]["field"] == "field_type"
    assert sendgrid.patch("/field_definitions/_rf0_T", {"name": "mine"}, 400)
    assert sendgrid.delete("/field_definitions/nonsense", 404)


def test_a_segment_that_names_a_deleted_field_becomes_invalid(sendgrid: Caller) -> None:
    made = sendgrid.post("/field_definitions", {"name": "doomed", "field_type": "Text"})
    sendgrid.upsert({"email": "doomed@example.com", "custom_fields": {made["id"]: "yes"}})
    query = "SELECT contact_id, updated_at FROM contact_data WHERE doomed = 'yes'"
    path = f"/segments/2.0/{sendgrid.make_segment('Doomed', query)['id']}"
    found = sendgrid.get(path)
    assert (found["contacts_count"], found["status"]) == (1, {"query_validation": "VALID"})
    sendgrid.delete(f"/field_definitions/{made['id']}")
    found = sendgrid.get(path)
    assert found["status"]["query_validation"] == "INVALID"
    assert "doomed" in found["status"]["error_message"]
    assert (found["contacts_count"], found["contacts_sample"]) == (0, [])
    sendgrid.post("/field_definitions", {"name": "doomed", "field_type": "Text"})
    found = sendgrid.get(path)
    assert found["status"] == {"query_validation": "VALID"}
    assert found["contacts_count"] == 0  # the values went with the old field


def test_segments_follow_a_field_to_its_new_name(sendgrid: Caller) -> None:
    made = sendgrid.post("/field_definitions", {"name": "tint", "field_type": "Text"})
    sendgrid.upsert({"email": "tint@example.com", "custom_fields": {made["id"]: "tint"}})
    select = "SELECT contact_id, updated_at FROM contact_data"
    queries = [
        f"{select} WHERE tint = 'tint'",
        f"{select} AS c WHERE c.TINT = 'tint' AND first_name IS NULL",
        f"{select} WHERE \"tint\" IN ('tint', 'tint = 1')",
    ]
    paths = [
        f"/segments/2.0/{sendgrid.make_segment(f'Tint {number}', query)['id']}"
        for number, query in enumerate(queries)
    ]
    sendgrid.patch(f"/field_definitions/{made['id']}", {"name": "hue"})
    expected = [
        f"{select} WHERE hue = 'tint'",
        f"{select} AS c WHERE c.hue = 'tint' AND first_name IS NULL",
        f"{select} WHERE hue IN ('tint', 'tint = 1')",
    ]
    for path, query in zip(paths, expected, strict=True):
        found = sendgrid.get(path)
        assert found["query_dsl"] == query
        assert found["status"] == {"query_validation": "VALID"}
        assert found["contacts_count"] == 1


def test_the_values_of_a_deleted_field_are_forgotten(tmp_path: Path) -> None:
    with office(tmp_path / "data") as desk:
        made = desk.sendgrid.post("/field_definitions", {"name": "secret", "field_type": "Text"})
        people = [
            {"email": f"s{number}@example.com", "custom_fields": {made["id"]: "x"}}
            for number in range(20)
        ]
        desk.sendgrid.upsert(*people, {"email": "without@example.com"})
        workspace = desk.service.workspaces.read("default")
        field = desk.service.fields.find(workspace.no, "secret")
        assert field is not None

        def kept() -> int:
            contacts = desk.service.contacts
            numbers = contacts.numbers(workspace, after=0, most=-1)
            return len(contacts.ids_with(workspace, numbers, field.no))

        assert kept() == 20
        desk.sendgrid.delete(f"/field_definitions/{made['id']}")
        (job,) = desk.service.jobs.list_of(workspace.no, ("clear-field",))
        assert desk.service.jobs.wait(job.id, 30)
        assert desk.service.jobs.find(workspace.no, job.id).result == {"cleared": 20}
        assert kept() == 0
