"""Braze's `/segments/list` and `/segments/details` (contracts/braze.md §2, §3.1, §3.2)."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from conftest import Account


def listed(account: Account, query: str = "") -> Any:
    answer = account.server.get(f"/segments/list{query}", account.key)
    assert answer.status_code == 200
    return answer.json()


def test_the_list_has_exactly_the_recorded_form(account: Account) -> None:
    """Recorded."""
    answer = account.server.get("/segments/list", account.key)
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["segments", "message"]
    assert answer.json()["message"] == "success"
    assert [list(one) for one in answer.json()["segments"]] == [
        ["id", "name", "analytics_tracking_enabled", "tags"]
    ] * 4
    assert answer.json()["segments"][0] == {
        "id": account.segments["Everyone"]["id"],
        "name": "Everyone",
        "analytics_tracking_enabled": True,
        "tags": ["all"],
    }
    assert answer.json()["segments"][2]["tags"] == []
    assert b": " not in answer.content


def test_the_list_goes_by_creation_either_way(account: Account) -> None:
    """Documented."""
    names = ["Everyone", "Romans", "Grown", "Grown Romans"]
    assert [one["name"] for one in listed(account)["segments"]] == names
    assert [one["name"] for one in listed(account, "?sort_direction=asc")["segments"]] == names
    desc = listed(account, "?page=0&sort_direction=desc")["segments"]
    assert [one["name"] for one in desc] == names[::-1]


@pytest.mark.parametrize("query", ["?page=1", "?page=7&sort_direction=desc"])
def test_past_the_end_is_an_empty_page(account: Account, query: str) -> None:
    """Clients rely on it."""
    assert listed(account, query) == {"segments": [], "message": "success"}


@pytest.mark.parametrize(
    "query",
    [
        "?",
        "?page=0",
        "?page=abc",
        "?page=-1",
        "?sort_direction=up",
        "?last_edit.time%5Bgt%5D=2026-06-01",
    ],
)
def test_other_parameters_change_nothing(account: Account, query: str) -> None:
    """Unknown ones and an empty query: clients rely on it. Bad pages and directions: inferred."""
    assert listed(account, query) == listed(account)


def test_archived_segments_are_left_out_until_restored(account: Account) -> None:
    segment = account.native("/segments", {"name": "Old", "sql": "TRUE"})
    account.native(f"/segments/{segment['id']}/archive", {})
    assert "Old" not in [one["name"] for one in listed(account)["segments"]]
    details = account.server.get(f"/segments/details?segment_id={segment['id']}", account.key)
    assert details.json()["name"] == "Old"
    account.native(f"/segments/{segment['id']}/restore", {})
    assert listed(account)["segments"][-1]["name"] == "Old"
    httpx.delete(
        f"{account.server.url}/api/v1/segments/{segment['id']}",
        headers={"Authorization": f"Bearer {account.key}"},
    )


def test_details_tell_rules_and_words_apart(account: Account) -> None:
    segment_id = account.segments["Everyone"]["id"]
    details = account.server.get(f"/segments/details?segment_id={segment_id}", account.key).json()
    assert list(details) == [
        "created_at", "updated_at", "name", "description", "text_description", "tags", "teams",
        "message",
    ]  # fmt: skip
    assert details["text_description"] == "My own words"
    assert details["description"] == "Everyone"
    assert (details["tags"], details["teams"]) == (["all"], ["CRM"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", details["created_at"])
    romans = account.segments["Grown Romans"]["id"]
    details = account.server.get(f"/segments/details?segment_id={romans}", account.key).json()
    assert details["description"] == "City is “Rome” and age is at least 18"
    assert (details["text_description"], details["teams"]) == ("", [])


@pytest.mark.parametrize("query", ["", "?segment_id=", "?segment_id=nonsense",
                                   "?segment_id=00000000-0000-4000-8000-000000000000"])  # fmt: skip
def test_details_of_nothing_are_a_400(account: Account, query: str) -> None:
    """Inferred from the recorded answer for canvases."""
    answer = account.server.get(f"/segments/details{query}", account.key)
    assert answer.status_code == 400
    assert answer.json() == {"message": "segment_id must be a string of the segment api identifier"}


def test_another_workspaces_segment_does_not_exist(account: Account, stranger: Account) -> None:
    other = stranger.segments["Secret"]["id"]
    assert (
        account.server.get(f"/segments/details?segment_id={other}", account.key).status_code == 400
    )
    assert "Secret" not in [one["name"] for one in listed(account)["segments"]]


def test_a_key_arrives_in_the_header_or_the_query(account: Account) -> None:
    """Documented; that the header wins is inferred."""
    url = f"{account.server.url}/segments/list"
    expected = listed(account)
    assert httpx.get(url, params={"api_key": account.key}).json() == expected
    both = httpx.get(
        url, params={"api_key": "bad"}, headers={"Authorization": f"Bearer {account.key}"}
    )
    assert both.json() == expected


def test_a_key_is_good_only_from_its_addresses(account: Account) -> None:
    """Documented text; inferred status."""
    here, elsewhere = (
        account.make_key("segments.list", allow_ip=network)
        for network in ("127.0.0.0/8", "10.0.0.0/8")
    )
    assert account.server.get("/segments/list", here).status_code == 200
    refused = account.server.get("/segments/list", elsewhere)
    assert refused.status_code == 403
    assert refused.json() == {"message": "Invalid whitelisted IPs"}


def test_an_unchanged_list_is_a_304(account: Account) -> None:
    first = account.server.get("/segments/list", account.key)
    assert first.headers["etag"].startswith('W/"')
    again = account.server.get(
        "/segments/list", account.key, **{"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    head = httpx.head(f"{account.server.url}/segments/list",
                      headers={"Authorization": f"Bearer {account.key}"})  # fmt: skip
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(first.content))
