"""SendGrid's segments v1: list, truth table, one by id (contracts/sendgrid.md §1, §6)."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import python_http_client
import sendgrid

from conftest import Account

PATH = "/v3/marketing/segments"


def names(account: Account, query: str = "") -> list[str]:
    answer = account.server.get(PATH + query, account.key)
    assert answer.status_code == 200
    return [one["name"] for one in answer.json()["results"]]


def list_id(account: Account, name: str) -> str:
    lists = account.native("/lists")["data"]
    found: str = next(one["id"] for one in lists if one["name"] == name)
    return found


def test_a_summary_has_what_the_spec_requires(account: Account) -> None:
    found = account.server.get(PATH, account.key).json()["results"]
    everyone, _, grown, _ = found
    assert {"id", "contacts_count", "created_at", "sample_updated_at", "updated_at", "name"} <= set(
        everyone
    )
    assert everyone["contacts_count"] == 60
    assert "parent_list_id" not in everyone
    assert grown["parent_list_id"] == list_id(account, "Readers")
    assert grown["contacts_count"] == 12  # ages 18 to 29 of those in the list
    for name in ("created_at", "updated_at", "sample_updated_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", everyone[name])


def test_the_truth_table(account: Account) -> None:
    readers, writers = list_id(account, "Readers"), list_id(account, "Writers")
    unknown = "00000000-0000-4000-8000-000000000000"
    romans, grown = account.segments["Romans"]["id"], account.segments["Grown"]["id"]
    everyone = ["Everyone", "Romans", "Grown", "Grown Romans"]
    table = [
        ("", everyone),
        ("?no_parent_list_id=false", everyone),
        (f"?parent_list_ids={readers}", ["Grown"]),
        (f"?parent_list_ids={readers},{writers}", ["Grown", "Grown Romans"]),
        (f"?parent_list_ids={unknown}", []),
        (
            f"?parent_list_ids={writers}&no_parent_list_id=true",
            ["Everyone", "Romans", "Grown Romans"],
        ),
        ("?no_parent_list_id=true", ["Everyone", "Romans"]),
        ("?no_parent_list_id=True", ["Everyone", "Romans"]),
        (f"?ids={romans}", ["Romans"]),
        (f"?ids={romans}&ids={grown}", ["Romans", "Grown"]),
        (f"?ids%5B%5D={romans}&ids%5B%5D={unknown}", ["Romans"]),
        (f"?ids={grown},{romans}", ["Romans", "Grown"]),
        (f"?ids={grown}&parent_list_ids={writers}&no_parent_list_id=true", ["Grown"]),
        (f"?ids={unknown}", []),
        ("?page_size=1", everyone),
    ]
    for query, expected in table:
        assert names(account, query) == expected, query


def test_at_most_fifty_parents_are_asked_for(account: Account) -> None:
    fifty = ",".join(["x"] * 50)
    assert names(account, f"?parent_list_ids={fifty}") == []
    answer = account.server.get(f"{PATH}?parent_list_ids={fifty},y", account.key)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "parent_list_ids"


def test_one_segment_in_full(account: Account) -> None:
    found = account.server.get(f"{PATH}/{account.segments['Romans']['id']}", account.key).json()
    assert found["query_dsl"] == "city = 'Rome'"
    assert found["contacts_count"] == len(found["contacts_sample"]) == 30
    assert "query_json" not in found
    first = found["contacts_sample"][0]
    assert first["email"] == "u1@example.com"
    assert first["first_name"] == "N1"
    assert first["custom_fields"] == {"age": 1}
    assert first["city"] == "Rome"
    assert "last_name" not in first
    assert first["list_ids"] == [list_id(account, "Readers")]
    assert first["segment_ids"] == [account.segments[name]["id"] for name in ("Everyone", "Romans")]
    assert first["_metadata"]["self"].endswith(f"/v3/marketing/contacts/{first['id']}")
    everyone = account.server.get(
        f"{PATH}/{account.segments['Everyone']['id']}", account.key
    ).json()
    assert len(everyone["contacts_sample"]) == 50


@pytest.mark.parametrize("segment_id", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_segment_is_a_404_with_both_keys(account: Account, segment_id: str) -> None:
    answer = account.server.get(f"{PATH}/{segment_id}", account.key)
    assert answer.status_code == 404
    assert set(answer.json()["errors"][0]) == {"field", "message"}


def test_another_accounts_segment_does_not_exist(account: Account, stranger: Account) -> None:
    other = stranger.segments["Secret"]["id"]
    assert account.server.get(f"{PATH}/{other}", account.key).status_code == 404
    assert names(account, f"?ids={other}") == []


def errors(answer: httpx.Response) -> Any:
    return answer.json()["errors"]


def test_keys_and_scopes(account: Account) -> None:
    missing = httpx.get(account.server.url + PATH)
    assert (missing.status_code, errors(missing)) == (
        401, [{"field": None, "message": "authorization required"}],
    )  # fmt: skip
    unknown = account.server.get(PATH, "SG.unknown")
    message = "The provided authorization grant is invalid, expired, or revoked"
    assert (unknown.status_code, errors(unknown)) == (
        401, [{"message": message, "field": None, "help": None}],
    )  # fmt: skip
    other = account.server.get(PATH, account.make_key("segments.list"))
    assert (other.status_code, errors(other)) == (
        403, [{"message": "access forbidden", "field": None, "help": None}],
    )  # fmt: skip
    assert account.server.get(PATH, account.make_key("marketing.read")).status_code == 200


def test_limits_count_seconds_until_the_window_ends(account: Account) -> None:
    headers = account.server.get(PATH, account.key).headers
    assert headers["x-ratelimit-limit"] == "600"
    assert 0 <= int(headers["x-ratelimit-reset"]) <= 60


def client(account: Account, key: str | None = None) -> Any:
    return sendgrid.SendGridAPIClient(key or account.key, host=account.server.url).client


def test_the_official_python_sdk_works_unmodified(account: Account) -> None:
    segments = client(account).marketing.segments
    listed = segments.get()
    assert listed.status_code == 200
    assert [one["name"] for one in listed.to_dict["results"]] == names(account)
    romans = account.segments["Romans"]["id"]
    chosen = segments.get(query_params={"ids": [romans, account.segments["Grown"]["id"]]})
    assert len(chosen.to_dict["results"]) == 2
    without = segments.get(query_params={"no_parent_list_id": True})
    assert [one["name"] for one in without.to_dict["results"]] == ["Everyone", "Romans"]
    assert segments._(romans).get().to_dict["query_dsl"] == "city = 'Rome'"
    with pytest.raises(python_http_client.exceptions.UnauthorizedError):
        client(account, "SG.wrong").marketing.segments.get()
    with pytest.raises(python_http_client.exceptions.NotFoundError):
        segments._("nonsense").get()


def test_a_doubled_slash_in_the_path_is_one(account: Account) -> None:
    answer = account.server.get("/v3//marketing/segments", account.key)
    assert answer.status_code == 200


def test_unknown_paths_and_methods_answer_in_json(account: Account) -> None:
    headers = {"Authorization": f"Bearer {account.key}"}
    assert account.server.get("/v3/marketing/nothing", account.key).status_code == 404
    posted = httpx.post(account.server.url + PATH, headers=headers, json={})
    assert posted.status_code == 405
    assert errors(posted)
