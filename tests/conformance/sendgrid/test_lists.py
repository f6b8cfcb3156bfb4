"""SendGrid's lists (contracts/sendgrid.md §3.6)."""

from __future__ import annotations

from support.sendgrid import Caller

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_a_list_is_made_read_renamed_and_deleted(sendgrid: Caller) -> None:
    made = sendgrid.post("/lists", {"name": "VIPs"}, 201)
    assert list(made) == ["name", "id", "contact_count", "_metadata"]
    assert made["contact_count"] == 0
    assert made["_metadata"]["self"].endswith(f"/v3/marketing/lists/{made['id']}")
    path = f"/lists/{made['id']}"
    assert sendgrid.get(path)["identifier_counts"] == {"AID": 0, "EID": 0, "EXTID": 0, "PHNID": 0}
    assert sendgrid.patch(path, {"name": "Very important"})["name"] == "Very important"
    assert sendgrid.get(path)["name"] == "Very important"
    assert sendgrid.delete(path) is None
    assert sendgrid.get(path, 404) == [{"message": "list not found", "field": "id"}]
    assert sendgrid.delete(path, 404)
    sendgrid.post("/lists", {"name": "Very important"}, 201)  # the name is free again


def test_names_are_there_unique_and_short(sendgrid: Caller) -> None:
    sendgrid.post("/lists", {"name": "Once"}, 201)
    other = sendgrid.make_list("Other")
    for wrong in ({"name": "Once"}, {"name": ""}, {"name": "x" * 101}, {"name": 3}, {}):
        error = sendgrid.post("/lists", wrong, 400)["errors"][0]
        assert error["field"] == "name"
    assert sendgrid.patch(f"/lists/{other}", {"name": "Once"}, 400)
    assert sendgrid.patch(f"/lists/{other}", {"name": "Other"})  # its own name is no other's
    assert sendgrid.patch(f"/lists/{NOWHERE}", {"name": "New"}, 404)
    assert sendgrid.get("/lists/Once", 404)  # a name is no id here


def test_pages_follow_one_another_both_ways(other: Caller) -> None:
    sendgrid = other
    ids = [sendgrid.make_list(f"List {number}") for number in range(5)]
    first = sendgrid.get("/lists", page_size=2)
    assert [one["id"] for one in first["result"]] == ids[:2]
    assert first["_metadata"]["count"] == 5
    assert first["_metadata"]["self"].endswith("/v3/marketing/lists?page_size=2&page_token=")
    assert "prev" not in first["_metadata"]

    def follow(url: str) -> dict[str, object]:
        answer: dict[str, object] = sendgrid.http.get(url).json()
        return answer

    second = sendgrid.http.get(first["_metadata"]["next"]).json()
    third = sendgrid.http.get(second["_metadata"]["next"]).json()
    assert [one["id"] for one in (*second["result"], *third["result"])] == ids[2:]
    assert "next" not in third["_metadata"]
    assert follow(third["_metadata"]["prev"]) == second
    assert sendgrid.http.get(second["_metadata"]["prev"]).json()["result"] == first["result"]
    for wrong in ("0", "1001", "many"):
        assert sendgrid.ask("GET", "/lists", page_size=wrong).status_code == 400
    assert sendgrid.ask("GET", "/lists", page_token="nonsense").status_code == 400


def test_contacts_leave_a_list_and_stay(sendgrid: Caller) -> None:
    target = sendgrid.make_list("Leaving")
    people = [{"email": f"leaver{number}@example.com"} for number in range(3)]
    sendgrid.upsert(*people, lists=[target])
    found = sendgrid.post("/contacts/search/emails", {"emails": [one["email"] for one in people]})
    ids = [found["result"][one["email"]]["contact"]["id"] for one in people]
    path = f"/lists/{target}/contacts"
    assert sendgrid.get(f"{path}/count") == {"contact_count": 3, "billable_count": 3}
    assert sendgrid.get(f"/lists/{target}")["identifier_counts"]["EID"] == 3
    job = sendgrid.delete(path, 202, contact_ids=",".join(ids[:2]))["job_id"]
    assert sendgrid.job(job)["status"] == "completed"
    assert sendgrid.get(f"{path}/count")["contact_count"] == 1
    sample = sendgrid.get(f"/lists/{target}", contact_sample="true")["contact_sample"]
    assert sample["email"] == people[2]["email"]
    assert sendgrid.get(f"/contacts/{ids[0]}")["list_ids"] == []
    assert sendgrid.delete(path, 400)["errors"][0]["field"] == "contact_ids"
    assert sendgrid.delete(path, 400, contact_ids="nonsense")
    assert sendgrid.delete(f"/lists/{NOWHERE}/contacts", 404, contact_ids=ids[0])
    assert sendgrid.get(f"/lists/{NOWHERE}/contacts/count", 404)


def test_deleting_a_list_keeps_or_erases_its_contacts(sendgrid: Caller) -> None:
    kept, gone = sendgrid.make_list("Kept people"), sendgrid.make_list("Gone people")
    sendgrid.upsert({"email": "kept@example.com"}, lists=[kept])
    sendgrid.upsert({"email": "gone@example.com"}, lists=[gone])
    sendgrid.delete(f"/lists/{kept}")
    job = sendgrid.delete(f"/lists/{gone}", 200, delete_contacts="true")["job_id"]
    assert sendgrid.job(job)["results"] == {"requested_count": 1, "deleted_count": 1}
    asked = {"emails": ["kept@example.com", "gone@example.com"]}
    found = sendgrid.post("/contacts/search/emails", asked)["result"]
    assert found["kept@example.com"]["contact"]["list_ids"] == []
    assert found["gone@example.com"] == {"error": "contact not found"}


def test_a_segment_of_a_deleted_list_holds_nobody(sendgrid: Caller) -> None:
    parent = sendgrid.make_list("Parent")
    sendgrid.upsert({"email": "child@example.com"}, lists=[parent])
    query = "SELECT contact_id, updated_at FROM contact_data"
    made = sendgrid.make_segment("Children", query, parent_list_ids=[parent])
    assert sendgrid.get(f"/segments/2.0/{made['id']}")["contacts_count"] == 1
    sendgrid.delete(f"/lists/{parent}")
    counts = (sendgrid.get(f"/segments/2.0/{made['id']}")["contacts_count"] for _ in range(100))
    assert 0 in counts
    assert sendgrid.get(f"/segments/2.0/{made['id']}")["parent_list_ids"] == [parent]
