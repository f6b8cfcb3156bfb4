"""The own API's segments: made, read, edited, archived, deleted, previewed."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from conftest import Account

COUNT_KEYS = {"value", "at", "exact", "definition_version"}


def ask(
    account: Account, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    given = {"Authorization": f"Bearer {account.key}"} | headers
    return httpx.request(method, f"{account.server.url}/api/v1{path}", headers=given, json=body)


def problem(answer: httpx.Response, status: int, code: str) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert {"type", "title", "detail"} <= set(body)
    return body


def make(account: Account, name: str, **more: Any) -> Any:
    answer = ask(account, "POST", "/segments", {"name": name, "sql": "age > 10", **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_definition_out_is_definition_in(account: Account) -> None:
    sql = "SELECT contact_id FROM contact_data\n WHERE age>10 and city='Rome'"
    made = make(account, "Both", sql=sql)
    assert made["sql"] == sql
    assert set(made["count"]) == COUNT_KEYS
    assert made["count"]["exact"]
    twin = ask(account, "POST", "/segments", {"name": "Twin", "document": made["document"]}).json()
    assert twin["document"] == made["document"]
    assert twin["sql"] == "age > 10 AND city = 'Rome'"
    assert twin["count"]["value"] == made["count"]["value"] > 0
    assert ask(account, "GET", f"/segments/{twin['id']}").json()["document"] == made["document"]


def test_numbers_in_documents_stay_exact(account: Account) -> None:
    document = {"op": ">=", "left": {"field": "age"}, "right": 10.000000000001}
    answer = ask(account, "POST", "/segments", {"name": "Exact", "document": document})
    assert b"10.000000000001" in answer.content
    assert answer.json()["sql"] == "age >= 10.000000000001"


def test_a_code_is_made_from_the_name(account: Account) -> None:
    assert make(account, "Café & Crème, 2026!")["code"] == "CAFE-CREME-2026"
    assert make(account, "Cafe Creme 2026")["code"] == "CAFE-CREME-2026-2"
    assert make(account, "日本")["code"] == "SEGMENT"
    assert make(account, "Named", code="MY_OWN-1")["code"] == "MY_OWN-1"
    problem(
        ask(account, "POST", "/segments", {"name": "x1", "sql": "TRUE", "code": "lower"}),
        400,
        "bad_code",
    )


def test_names_and_codes_are_unique(account: Account) -> None:
    make(account, "Unique", code="UNIQUE")
    taken = problem(
        ask(account, "POST", "/segments", {"name": "Unique", "sql": "TRUE"}), 409, "name_taken"
    )
    assert taken["field"] == "name"
    body = {"name": "Other", "sql": "TRUE", "code": "UNIQUE"}
    problem(ask(account, "POST", "/segments", body), 409, "code_taken")
    other = make(account, "Another")
    problem(
        ask(account, "PATCH", f"/segments/{other['id']}", {"name": "Unique"}), 409, "name_taken"
    )


def test_only_new_rules_make_a_new_version(account: Account) -> None:
    made = make(account, "Versions")
    noted = ask(account, "PATCH", f"/segments/{made['id']}", {"note": "n", "tags": ["t"]}).json()
    assert (noted["version"], noted["note"], noted["tags"]) == (1, "n", ["t"])
    assert noted["updated_at"] > made["updated_at"]
    ruled = ask(account, "PATCH", f"/segments/{made['id']}", {"sql": "age > 50"}).json()
    assert (ruled["version"], ruled["count"]["definition_version"], ruled["count"]["value"]) == (
        2,
        2,
        9,
    )
    same = ask(account, "PATCH", f"/segments/{made['id']}", {"sql": "age > 50"}).json()
    assert (same["version"], same["updated_at"]) == (2, ruled["updated_at"])


def test_a_wrong_edit_changes_nothing(account: Account) -> None:
    made = make(account, "Careful")
    problem(ask(account, "PATCH", f"/segments/{made['id']}", {"name": "Careless", "sql": "agee > 1"}),
            400, "unknown_column")  # fmt: skip
    now = ask(account, "GET", f"/segments/{made['id']}").json()
    assert (now["name"], now["sql"], now["version"]) == ("Careful", "age > 10", 1)


def test_every_problem_of_a_query_is_told_with_its_place(account: Account) -> None:
    body = problem(
        ask(account, "POST", "/segments", {"name": "x", "sql": "agee > 1 AND\n city > 5"}),
        400, "unknown_column",
    )  # fmt: skip
    assert body["position"] == {"line": 1, "column": 1, "offset": 0, "length": 4}
    assert body["hint"] == "did you mean age?"
    codes = [
        (one["code"], one["position"]["line"], one["position"]["column"])
        for one in body["problems"]
    ]
    assert codes == [("unknown_column", 1, 1), ("type_mismatch", 2, 2)]
    document = {"all": [{"op": "=", "left": {"field": "city"}, "right": "x"}, {"op": "?"}]}
    body = problem(
        ask(account, "POST", "/segments", {"name": "x", "document": document}), 400, "bad_document"
    )
    assert body["position"]["pointer"].startswith("/all/1")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"sql": "TRUE"}, "no_name"),
        ({"name": "x"}, "no_rules"),
        ({"name": "x", "sql": "TRUE", "document": {"everyone": True}}, "no_rules"),
        ({"name": "x", "sql": 5}, "bad_body"),
        ({"name": "x", "sql": "TRUE", "colour": "red"}, "bad_body"),
        ({"name": "x", "sql": "TRUE", "tags": ["a", 1]}, "bad_body"),
        ({"name": "", "sql": "TRUE"}, "bad_name"),
        ({"name": "x" * 101, "sql": "TRUE"}, "bad_name"),
        ({"name": "x", "sql": "TRUE", "note": "n" * 5001}, "bad_note"),
        ([], "bad_body"),
    ],
)
def test_bad_bodies_are_refused(account: Account, body: Any, code: str) -> None:
    before = len(account.native("/segments?limit=1000")["data"])
    problem(ask(account, "POST", "/segments", body), 400, code)
    assert len(account.native("/segments?limit=1000")["data"]) == before


def test_what_is_not_json_is_told(account: Account) -> None:
    answer = httpx.post(f"{account.server.url}/api/v1/segments", content=b"{",
                        headers={"Authorization": f"Bearer {account.key}"})  # fmt: skip
    problem(answer, 400, "not_json")


def test_archive_restore_delete(account: Account) -> None:
    made = make(account, "Fleeting")
    path = f"/segments/{made['id']}"
    archived = ask(account, "POST", f"{path}/archive").json()
    assert archived["archived"]
    assert archived["archived_at"]
    named = [one["name"] for one in account.native("/segments?limit=1000")["data"]]
    assert "Fleeting" not in named
    assert [one["name"] for one in account.native("/segments?archived=true")["data"]] == [
        "Fleeting"
    ]
    assert ask(account, "POST", f"{path}/archive").json()["archived_at"] == archived["archived_at"]
    assert not ask(account, "POST", f"{path}/restore").json()["archived"]
    assert ask(account, "DELETE", path).status_code == 204
    problem(ask(account, "GET", path), 404, "no_such_segment")
    problem(ask(account, "DELETE", path), 404, "no_such_segment")


def test_the_list_is_filtered_and_paged(stranger: Account) -> None:
    for number in range(9):
        make(
            stranger,
            f"List {number}",
            sql="TRUE",
            tags=["odd" if number % 2 else "even"],
            teams=["t"],
        )
    assert len(stranger.native("/segments?tag=odd")["data"]) == 4
    assert len(stranger.native("/segments?team=t")["data"]) == 9
    assert [one["name"] for one in stranger.native("/segments?name=list%203")["data"]] == ["List 3"]
    seen: list[str] = []
    page = stranger.native("/segments?limit=4")
    while True:
        seen += [one["name"] for one in page["data"]]
        if page["next_cursor"] is None:
            break
        page = stranger.native(f"/segments?limit=4&cursor={page['next_cursor']}")
    assert seen == ["Secret", *(f"List {number}" for number in range(9))]
    for query in ("limit=0", "limit=1001", "limit=x"):
        problem(ask(stranger, "GET", f"/segments?{query}"), 400, "bad_parameter")
    for cursor in ("x", "W10", "WyJtZW1iZXJzIiwieCIsMV0"):
        problem(ask(stranger, "GET", f"/segments?cursor={cursor}"), 400, "bad_cursor")


def test_an_unchanged_list_is_a_304_though_time_passes(account: Account) -> None:
    first = ask(account, "GET", "/segments")
    again = ask(account, "GET", "/segments", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    make(account, "News")
    changed = ask(account, "GET", "/segments", **{"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


def test_preview_keeps_nothing(account: Account) -> None:
    before = account.native("/segments?limit=1000&archived=all")["data"]
    answer = ask(account, "POST", "/segments/preview", {"sql": "city = 'Rome' AND age < 10"})
    found = answer.json()
    assert answer.status_code == 200
    assert (found["count"]["value"], found["count"]["exact"]) == (5, True)
    assert {one["external_id"] for one in found["sample"]} == {"u1", "u3", "u5", "u7", "u9"}
    assert [one["count"] for one in found["clauses"]] == [30, 10]
    listed = ask(account, "POST", "/segments/preview", {"sql": "TRUE", "list": "Readers"}).json()
    assert listed["count"]["value"] == 30
    assert len(ask(account, "POST", "/segments/preview", {"sql": "TRUE"}).json()["sample"]) == 50
    problem(
        ask(account, "POST", "/segments/preview", {"sql": "TRUE", "list": "No"}),
        404,
        "no_such_list",
    )
    after = account.native("/segments?limit=1000&archived=all")["data"]
    assert [one["id"] for one in after] == [one["id"] for one in before]


def test_members_come_page_by_page_of_one_moment(account: Account) -> None:
    made = make(account, "Paged", sql="age >= 10")
    path = f"/segments/{made['id']}/members"
    page = account.native(f"{path}?limit=20")
    assert (page["total"], len(page["data"])) == (50, 20)
    account.native("/contacts?wait=applied", [
        {"external_id": "u10", "fields": {"age": 1}}, {"external_id": "fresh", "fields": {"age": 99}},
        {"external_id": "u59", "fields": {"age": 1}},
    ])  # fmt: skip
    seen = [one["external_id"] for one in page["data"]]
    at = page["at"]
    while page["next_cursor"]:
        page = account.native(f"{path}?limit=20&cursor={page['next_cursor']}")
        assert (page["at"], page["total"]) == (at, 50)
        seen += [one["external_id"] for one in page["data"]]
    assert sorted(seen) == sorted(f"u{n}" for n in range(10, 60))
    assert account.native(f"{path}?limit=10000")["total"] == 49


def test_other_workspaces_and_permissions(account: Account, stranger: Account) -> None:
    other = stranger.segments["Secret"]["id"]
    problem(ask(account, "GET", f"/segments/{other}"), 404, "no_such_segment")
    problem(ask(account, "GET", "/segments", Authorization="Bearer x"), 401, "unknown_key")
    bare = httpx.get(f"{account.server.url}/api/v1/segments")
    problem(bare, 401, "unknown_key")
    assert bare.headers["www-authenticate"].startswith("Bearer")
    reader = f"Bearer {account.make_key('api.read')}"
    assert ask(account, "GET", "/segments", Authorization=reader).status_code == 200
    problem(ask(account, "POST", "/segments", {"name": "r", "sql": "TRUE"}, Authorization=reader),
            403, "missing_permission")  # fmt: skip
    problem(ask(account, "GET", "/keys", Authorization=reader), 403, "missing_permission")
    vendor = f"Bearer {account.make_key('segments.list')}"
    problem(ask(account, "GET", "/segments", Authorization=vendor), 403, "missing_permission")


def test_unknown_paths_and_methods(account: Account) -> None:
    problem(ask(account, "GET", "/nothing"), 404, "no_such_path")
    wrong = ask(account, "DELETE", "/segments")
    problem(wrong, 405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET, POST"
    nowhere = httpx.get(f"{account.server.url}/nowhere")
    assert (nowhere.status_code, nowhere.json()) == (404, {"error": "not found"})


def test_every_answer_has_a_request_id(account: Account) -> None:
    made = ask(account, "GET", "/segments").headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f-]{36}", made)
    given = ask(account, "GET", "/segments", **{"X-Request-Id": "mine-1"})
    assert given.headers["x-request-id"] == "mine-1"
    assert "x-request-id" in httpx.get(f"{account.server.url}/nowhere").headers


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "identity"])
def test_bodies_are_compressed_on_request(account: Account, encoding: str) -> None:
    with httpx.stream("GET", f"{account.server.url}/api/v1/segments", headers={
        "Authorization": f"Bearer {account.key}", "Accept-Encoding": encoding}) as answer:  # fmt: skip
        raw = b"".join(answer.iter_raw())
    if encoding == "identity":
        assert "content-encoding" not in answer.headers
        assert raw.startswith(b'{"data"')
    else:
        assert answer.headers["content-encoding"] == encoding
        assert len(raw) < 3_000
