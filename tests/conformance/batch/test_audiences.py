"""Batch's `/audiences/*`, which are Carpel's lists (contracts/batch.md §5)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from conftest import Account
from support.batch import Project, refused


@pytest.fixture(scope="module")
def project(account: Account) -> Project:
    return Project(account)


def create(project: Project, name: str, **more: Any) -> str:
    answer = project.post("/audiences/create", {"name": name, "type": "custom_ids", **more})
    assert answer.status_code == 202, answer.text
    return token_of(answer.json())


def token_of(payload: Any) -> str:
    assert re.fullmatch("[0-9a-f]{32}", payload["indexing_token"])
    token: str = payload["indexing_token"]
    return token


def update(project: Project, name: str, **actions: str) -> str:
    ids = [{"id": one, "action": action} for one, action in actions.items()]
    return token_of(project.post("/audiences/update", {"name": name, "ids": ids}).json())


def replace(project: Project, name: str, *ids: str) -> str:
    body = {"name": name, "ids": [{"id": one} for one in ids]}
    return token_of(project.post("/audiences/replace", body).json())


def view(project: Project, name: str, token: str | None = None) -> Any:
    project.settle()
    query = {} if token is None else {"indexing_token": token}
    answer = project.get("/audiences/view", name=name, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def in_list(project: Project, name: str) -> set[str]:
    lists = {one["name"]: one["id"] for one in project.account.native("/lists")["data"]}
    everyone = [f"u{n}" for n in range(6)] + ["new1", "new2"]
    found = set()
    for one in everyone:
        answer = project.account.server.get(f"/api/v1/contacts/{one}", project.account.key)
        if answer.status_code == 200 and lists[name] in answer.json()["lists"]:
            found.add(one)
    return found


def test_an_audience_is_a_list(project: Project) -> None:
    create(project, "VIP_2026", display_name="Very important")
    token = update(project, "VIP_2026", u1="add", u2="add", new1="add", u3="remove")
    shown = view(project, "VIP_2026", token)
    assert {key: shown[key] for key in shown if key not in ("created", "updated")} == {
        "name": "VIP_2026", "display_name": "Very important", "type": "CUSTOM_ID", "nb_ids": 3,
        "indexing_state": "APPLIED",
    }  # fmt: skip
    for date in ("created", "updated"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shown[date])
    assert in_list(project, "VIP_2026") == {"u1", "u2", "new1"}
    update(project, "VIP_2026", u1="remove", new2="remove")
    assert view(project, "VIP_2026")["nb_ids"] == 2
    assert in_list(project, "VIP_2026") == {"u2", "new1"}
    missing = project.account.server.get("/api/v1/contacts/new2", project.account.key)
    assert missing.status_code == 404  # who leaves is not made for it


def test_a_name_has_up_to_255_characters_and_its_case(project: Project) -> None:
    for name in ("n" * 255, "N" * 255):
        create(project, name)
        assert view(project, name)["name"] == name


def test_the_last_action_for_an_id_counts(project: Project) -> None:
    create(project, "last")
    ids = [{"id": "u1", "action": "add"}, {"id": "u2", "action": "remove"},
           {"id": "u1", "action": "remove"}, {"id": "u2", "action": "add"}]  # fmt: skip
    assert project.post("/audiences/update", {"name": "last", "ids": ids}).status_code == 202
    project.settle()
    assert in_list(project, "last") == {"u2"}


def test_a_replacement_leaves_nobody_else_and_makes_older_tokens_say_so(project: Project) -> None:
    create(project, "swap")
    first = update(project, "swap", u1="add", u2="add", u3="add")
    second = replace(project, "swap", "u3", "u4", "new1")
    assert view(project, "swap", first)["indexing_state"] == "REPLACED"
    assert view(project, "swap", second)["indexing_state"] == "APPLIED"
    assert in_list(project, "swap") == {"u3", "u4", "new1"}
    replace(project, "swap")
    assert view(project, "swap")["nb_ids"] == 0


def test_staying_through_a_replacement_is_no_change(project: Project) -> None:
    create(project, "stay")
    replace(project, "stay", "u1", "u2")
    project.settle()
    before = project.profile("u1")["updated_at"]
    replace(project, "stay", "u1", "u5")
    project.settle()
    assert project.profile("u1")["updated_at"] == before
    assert in_list(project, "stay") == {"u1", "u5"}


def test_nobody_who_stays_leaves_a_segment_in_between(project: Project) -> None:
    account = project.account
    create(project, "through")
    replace(project, "through", "u1", "u2")
    made = account.native("/segments", {"name": "Through", "sql": "TRUE", "list": "through"})
    project.settle()
    assert account.native(f"/segments/{made['id']}")["count"]["value"] == 2
    for other in ("u3", "u4", "u5"):
        replace(project, "through", "u1", other)
        project.settle()
    names = {project.profile(one)["id"]: one for one in ("u1", "u2", "u3", "u4", "u5")}
    entered: list[str] = []
    left: list[str] = []
    cursor = ""
    while entered[-1:] != ["u5"]:
        page = account.native(f"/changes?segment={made['id']}&wait=5{cursor}")
        for change in page["data"]:
            (entered if change["change"] == "entered" else left).append(names[change["contact"]])
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(left) == ["u2", "u3", "u4"]
    assert sorted(entered[-3:]) == ["u3", "u4", "u5"]


def test_a_removed_audience_is_empty_to_what_still_uses_it(project: Project) -> None:
    create(project, "passing")
    update(project, "passing", u1="add", u2="add")
    project.settle()
    made = project.account.native(
        "/segments", {"name": "Of the passing", "sql": "TRUE", "list": "passing"}
    )
    path = f"/segments/{made['id']}"
    project.settle()
    assert project.account.native(path)["count"]["value"] == 2
    token_of(project.post("/audiences/remove", {"name": "passing"}).json())
    refused(project.get("/audiences/view", name="passing"), 404, "NOT_FOUND")
    project.settle()
    assert project.account.native(path)["count"]["value"] == 0
    create(project, "passing")  # the name is free again
    assert view(project, "passing")["nb_ids"] == 0


def test_lists_of_all_doors_are_listed_page_by_page(project: Project, account: Account) -> None:
    account.native("/lists", {"name": "With spaces, and ünicode"})
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = project.get("/audiences/list", limit=2, **cursor).json()
        found += page["audiences"]
        assert page["count"] == len(account.native("/lists")["data"])
        if not page["has_more"]:
            break
        cursor = {"from": page["next_from"]}
    names = [one["name"] for one in found]
    lists = account.native("/lists")["data"]
    assert names == [one["name"] if " " not in one["name"] else one["id"] for one in lists]
    assert view(project, names[-1])["display_name"] == "With spaces, and ünicode"
    assert view(project, "Readers")["nb_ids"] == 30


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("create", []), ("create", {"name": "x"}), ("create", {"type": "custom_ids"}),
        ("create", {"name": "with space", "type": "custom_ids"}),
        ("create", {"name": "x", "type": "installation_ids"}),
        ("create", {"name": "Readers", "type": "custom_ids"}),
        ("create", {"name": "x" * 256, "type": "custom_ids"}),
        ("create", {"name": "x", "type": "custom_ids", "display_name": 5}),
        ("update", {"name": "nowhere", "ids": []}), ("update", {"name": "Readers"}),
        ("update", {"name": "Readers", "ids": ["u1"]}),
        ("update", {"name": "Readers", "ids": [{"id": "u1"}]}),
        ("update", {"name": "Readers", "ids": [{"id": "u1", "action": "drop"}]}),
        ("update", {"name": "Readers", "ids": [{"id": 5, "action": "add"}]}),
        ("update", {"name": "Readers", "ids": [{"id": "", "action": "add"}]}),
        ("replace", {"name": "Readers", "ids": [{"id": str(n)} for n in range(10_001)]}),
        ("remove", {"name": "nowhere"}), ("remove", {}),
    ],
)  # fmt: skip
def test_what_makes_no_sense_changes_nothing(project: Project, path: str, body: Any) -> None:
    answer = project.post(f"/audiences/{path}", body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error_message", "error_code"}
    assert view(project, "Readers")["nb_ids"] == 30


def test_a_token_belongs_to_its_audience(project: Project) -> None:
    create(project, "tokens")
    token = update(project, "Readers", u1="add")
    for wrong in (token[:-1] + ("0" if token[-1] != "0" else "1"), "nonsense", token[:-1]):
        answer = project.get("/audiences/view", name="Readers", indexing_token=wrong)
        refused(answer, 400, "MALFORMED_PARAMETER")
    answer = project.get("/audiences/view", name="tokens", indexing_token=token)
    refused(answer, 400, "MALFORMED_PARAMETER")
    refused(project.get("/audiences/view"), 400, "MISSING_PARAMETER_VALUE")
