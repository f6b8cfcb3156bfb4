"""Braze's own clients, unmodified, over HTTP: braze-api (npm) and braze-mcp-server (PyPI)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conftest import Account
from support.talks import Talk

Opened = Callable[[Account], Talk]
# One page of segments as a client gives it, from page number and direction.
Pages = Callable[[int, str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def crowd(stranger: Account) -> list[str]:
    """Names of 250 segments in the order of their creation."""
    names = [f"S{number}" for number in range(249)]
    for name in names:
        stranger.native("/segments", {"name": name, "sql": "TRUE"})
    return ["Secret", *names]


def through_braze_api(talk: Talk) -> Pages:
    def page(number: int, direction: str) -> list[dict[str, Any]]:
        wanted = {"page": number, "sort_direction": direction}
        told = talk.ask({"call": ["segments", "list"], "with": wanted})
        found: list[dict[str, Any]] = told["value"]["segments"]
        return found

    return page


def through_mcp(talk: Talk) -> Pages:
    def page(number: int, direction: str) -> list[dict[str, Any]]:
        wanted = {"page": number, "sort_direction": direction}
        told = talk.ask({"function": "get_segment_list", "parameters": wanted})
        assert told["schema"]["model_name"] == "SegmentListResponse"  # it validated every type
        found: list[dict[str, Any]] = told["data"]["segments"]
        return found

    return page


def walk(account: Account, pages: Pages, direction: str) -> Iterator[str]:
    """Names until the first empty page; after each page more segments are made."""
    number = 0
    while found := pages(number, direction):
        assert len(found) == 100 or number >= 2
        yield from (one["name"] for one in found)
        for one in range(7):
            name = f"new {direction} {number} {one} {pages.__qualname__}"
            account.native("/segments", {"name": name, "sql": "TRUE"})
        number += 1


def check_walks(account: Account, crowd: list[str], pages: Pages) -> None:
    for direction, order in (("asc", crowd), ("desc", crowd[::-1])):
        seen = list(walk(account, pages, direction))
        assert len(seen) == len(set(seen)), "a segment came twice"
        assert [name for name in seen if not name.startswith("new")] == order
    newest = pages(0, "desc")[0]["name"]
    assert newest.startswith("new desc"), "a new walk sees what is new"


def test_braze_api_walks_while_segments_are_made(
    stranger: Account, crowd: list[str], braze_api: Opened
) -> None:
    check_walks(stranger, crowd, through_braze_api(braze_api(stranger)))


def test_the_mcp_server_walks_while_segments_are_made(
    stranger: Account, crowd: list[str], braze_mcp: Opened
) -> None:
    check_walks(stranger, crowd, through_mcp(braze_mcp(stranger)))


def test_braze_api_tells_errors_apart(account: Account, braze_api: Opened) -> None:
    talk = braze_api(account)
    told = talk.ask({"call": ["segments", "details"], "with": {"segment_id": "x"}})
    assert told["error"]["status"] == 400
    assert told["error"]["message"] == "segment_id must be a string of the segment api identifier"


def test_the_mcp_server_types_the_details(account: Account, braze_mcp: Opened) -> None:
    talk = braze_mcp(account)
    for segment in account.segments.values():
        wanted = {"segment_id": segment["id"]}
        told = talk.ask({"function": "get_segment_details", "parameters": wanted})
        assert told["schema"]["model_name"] == "SegmentDetails"
        assert told["data"]["name"] == segment["name"]
    told = talk.ask({"function": "get_segment_details", "parameters": {"segment_id": "x"}})
    assert told["error"]["details"]["http_status"] == 400


def test_braze_api_feeds_users_and_reads_them_back(account: Account, braze_api: Opened) -> None:
    talk = braze_api(account)
    attributes = [
        {"external_id": f"n{n}", "node": n, "email": f"n{n}@example.com"} for n in range(5)
    ]
    events = [{"external_id": "n0", "name": "clicked", "time": "2026-01-02T03:04:05Z"}]
    told = talk.ask(
        {"call": ["users", "track"], "with": {"attributes": attributes, "events": events}}
    )
    assert told == {
        "value": {"attributes_processed": 5, "events_processed": 1, "message": "success"}
    }
    wanted = {"external_ids": ["n1", "nope"], "fields_to_export": ["external_id", "email"]}
    told = talk.ask({"call": ["users", "export", "ids"], "with": wanted})
    assert told["value"] == {
        "users": [{"external_id": "n1", "email": "n1@example.com"}],
        "invalid_user_ids": ["nope"],
        "message": "success",
    }
    told = talk.ask({"call": ["users", "delete"], "with": {"external_ids": ["n4"]}})
    assert told["value"] == {"deleted": 1, "message": "success"}
    account.native("/contacts?wait=applied", {"external_id": "sync"})
    count = account.native("/segments/preview", {"sql": "node >= 0"})["count"]["value"]
    assert count == 4


def test_braze_api_reads_sizes_and_exports(account: Account, braze_api: Opened) -> None:
    talk = braze_api(account)
    segment = {"segment_id": account.segments["Everyone"]["id"]}
    wanted = {**segment, "length": 14, "ending_at": "2018-06-27T23:59:59-5:00"}
    told = talk.ask({"call": ["segments", "analytics"], "with": wanted})
    days = [one["time"] for one in told["value"]["data"]]
    assert (days[0], days[-1], len(days)) == ("2018-06-14", "2018-06-27", 14)
    told = talk.ask({"call": ["users", "export", "segment"],
                     "with": {**segment, "fields_to_export": ["external_id"]}})  # fmt: skip
    assert told["value"]["message"] == "success"
    assert told["value"]["url"].startswith(account.server.url)


def test_the_mcp_server_types_sizes_events_and_attributes(
    account: Account, braze_mcp: Opened
) -> None:
    account.server.post("/users/track", account.key, {
        "attributes": [{"external_id": "m", "mcp_number": 1, "mcp_text": "t", "mcp_list": ["a"]}],
        "events": [{"external_id": "m", "name": "mcp_event", "time": "2026-01-01"}],
    })  # fmt: skip
    account.native("/contacts?wait=applied", {"external_id": "sync"})
    talk = braze_mcp(account)

    def ask(function: str, model: str, **parameters: Any) -> Any:
        told = talk.ask({"function": function, "parameters": parameters})
        assert told["schema"]["model_name"] == model, told
        return told["data"]

    segment_id = account.segments["Everyone"]["id"]
    sizes = ask("get_segment_data_series", "SegmentDataSeriesResponse",
                segment_id=segment_id, length=7)["data"]  # fmt: skip
    assert len(sizes) == 7
    assert (
        sizes[-1]["size"] == account.native("/segments/preview", {"sql": "TRUE"})["count"]["value"]
    )
    names = ask("get_events_list", "EventListResponse")["events"]
    assert "mcp_event" in names
    assert "mcp_event" in [
        one["name"] for one in ask("get_events", "EventsWithPagination")["events"]
    ]
    attributes = ask("get_custom_attributes", "CustomAttributesWithPagination")["attributes"]
    assert "mcp_number" in [one["name"] for one in attributes]
