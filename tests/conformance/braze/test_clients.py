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
