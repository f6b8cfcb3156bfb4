"""NDJSON of any length: taken in piece by piece, wrong lines named, repeated without harm."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from carpel.surfaces.wire.lines import LONGEST_LINE, MOST_LINES
from conftest import Account

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MANY = 2 * MOST_LINES + 500
NDJSON = "application/x-ndjson"


def send(account: Account, path: str, content: Any, **headers: str) -> httpx.Response:
    given = {"Authorization": f"Bearer {account.key}", "Content-Type": NDJSON} | headers
    url = f"{account.server.url}/api/v1{path}"
    return httpx.post(url, content=content, headers=given, timeout=60)


def lines(name: str, many: int, wrong: dict[int, bytes] | None = None) -> Iterator[bytes]:
    """So many contacts, some lines replaced by wrong ones; numbers of lines count from 1."""
    for number in range(1, many + 1):
        one = {"external_id": f"{name}{number}", "fields": {f"of {name}": number}}
        yield (wrong or {}).get(number, json.dumps(one).encode()) + b"\n"


def count(account: Account, sql: str) -> int:
    value: int = account.native("/segments/preview", {"sql": sql})["count"]["value"]
    return value


def exact_count(account: Account, sql: str) -> int:
    """The first that says `exact`: a preview on a busy machine may come before the columns do."""
    for _ in range(30):  # each waits 2 seconds at most
        found = account.native("/segments/preview", {"sql": sql})["count"]
        if found["exact"]:
            return int(found["value"])
    raise AssertionError(f"{sql} is never exact")


def test_a_preview_has_all_that_was_acknowledged_before_it(account: Account) -> None:
    for name in ("told", "told again", "told at last"):
        send(account, "/contacts", lines(name, MANY))
        assert exact_count(account, f'"of {name}" > 0') == MANY


def test_a_long_body_is_taken_in_whole(account: Account) -> None:
    answer = send(account, "/contacts?wait=applied", lines("long", MANY)).json()
    assert (answer["accepted"], answer["created"], answer["rejected"]) == (MANY, MANY, [])
    assert count(account, '"of long" > 0') == MANY
    again = send(account, "/contacts?wait=stored", lines("long", MANY)).json()
    assert (again["accepted"], again["unchanged"]) == (MANY, MANY)


@pytest.mark.parametrize(
    ("number", "wrong", "code", "pointer"),
    [
        (3, b'{"external_id": "x", "fields": {"age": "old"}}', "bad_value", "/fields/age"),
        (MANY - 1, b'{"external_id": "x", "nonsense": 1}', "unknown_key", "/nonsense"),
        (MANY, b'{"external_id": ', "not_json", ""),
        (MANY, b'{"external_id": "x", "fields": {"of none": "text"}}', "bad_value",
         "/fields/of none"),
    ],
)  # fmt: skip
def test_one_wrong_line_changes_nothing(
    account: Account, number: int, wrong: bytes, code: str, pointer: str
) -> None:
    answer = send(account, "/contacts", lines("none", MANY, {number: wrong}))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, code)
    assert (problem["line"], problem["pointer"]) == (number, pointer)
    assert problem["detail"].startswith(f"line {number}: ")
    assert [one["line"] for one in problem["problems"]] == [number]
    assert "of none" not in {one["name"] for one in account.native("/fields")["data"]}
    assert count(account, "external_id = 'none1'") == 0


def test_a_wrong_line_of_a_short_body_makes_no_field(account: Account) -> None:
    answer = send(account, "/contacts", lines("tiny", 5, {4: b"{"}))
    assert (answer.status_code, answer.json()["line"]) == (400, 4)
    assert "of tiny" not in {one["name"] for one in account.native("/fields")["data"]}


def test_wrong_lines_are_left_out_and_named(account: Account) -> None:
    wrong = {2: b"", 4: b"not json", 7: b'{"email": "nobody"}', MANY: b"[1]"}
    answer = send(account, "/contacts?on_error=skip&wait=applied", lines("skip", MANY, wrong))
    said = answer.json()
    assert (said["accepted"], said["created"], said["rejected_count"]) == (MANY - 4, MANY - 4, 3)
    assert [(one["line"], one["code"]) for one in said["rejected"]] == [
        (4, "not_json"), (7, "bad_email"), (MANY, "bad_body"),
    ]  # fmt: skip
    assert count(account, '"of skip" > 0') == MANY - 4


def test_a_line_too_long_says_what_came_before_it(account: Account) -> None:
    many = MOST_LINES + 1
    long = {many: b'{"external_id": "' + b"x" * LONGEST_LINE + b'"}'}
    answer = send(account, "/contacts?on_error=skip", lines("before", many, long))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["line"]) == (413, "line_too_long", many)
    assert (problem["accepted"], problem["through_line"]) == (MOST_LINES, MOST_LINES)
    account.settle()
    assert count(account, '"of before" > 0') == MOST_LINES


PACKED: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd.compress}


@pytest.mark.parametrize("encoding", PACKED)
def test_a_body_may_come_compressed(account: Account, encoding: str) -> None:
    content = list(lines(encoding, MANY))
    pack = PACKED[encoding]
    body = pack(b"".join(content[:100])) + pack(b"".join(content[100:]))  # one after the other
    answer = send(account, "/contacts?wait=stored", body, **{"Content-Encoding": encoding})
    assert answer.json()["created"] == MANY
    one = pack(b'{"external_id": "packed"}')
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    assert send(account, "/contacts", one, **headers).status_code == 202
    for broken in (body[:-20], one[:10], b"plain", b""):
        refused = send(account, "/contacts", broken, **{"Content-Encoding": encoding})
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_encoding")
    bomb = pack(b" " * (64 * 1024 * 1024 + 1))
    assert send(account, "/contacts", bomb, **headers).status_code == 413
    unknown = send(account, "/contacts", body, **{"Content-Encoding": "br"})
    assert (unknown.status_code, unknown.headers["accept-encoding"]) == (415, "gzip, zstd")


def test_events_of_nobody_are_named_by_line(account: Account) -> None:
    body = [{"external_id": who, "event": "ping"} for who in ("u1", "nobody here", "u2")]
    content = b"\n".join(json.dumps(one).encode() for one in body)
    answer = send(account, "/events?known_only=true&wait=stored", content).json()
    assert (answer["created"], answer["rejected_count"]) == (2, 1)
    assert [(one["line"], one["code"]) for one in answer["rejected"]] == [(2, "no_such_contact")]


def test_a_key_makes_it_count_once(account: Account) -> None:
    headers = {"Idempotency-Key": "lines-1"}
    first = send(account, "/events?wait=stored", events("once"), **headers)
    assert first.json()["created"] == MANY
    again = send(account, "/events?wait=stored", events("once"), **headers)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.content == first.content
    other = send(account, "/events?wait=stored", events("twice"), **headers)
    assert (other.status_code, other.json()["code"]) == (400, "idempotency_key_reused")
    assert count(account, _events_of("once", 1)) == MANY


def test_a_broken_connection_leaves_what_came_and_a_key_goes_on(account: Account) -> None:
    class Broken(Exception):
        pass

    def breaking() -> Iterator[bytes]:
        for number, line in enumerate(events("broken"), 1):
            yield line
            if number > MOST_LINES + 10:
                while count(account, _events_of("broken", 1)) < MOST_LINES:
                    account.settle()
                raise Broken

    headers = {"Idempotency-Key": "lines-2"}
    with pytest.raises(Broken):
        send(account, "/events?on_error=skip", breaking(), **headers)
    assert count(account, _events_of("broken", 1)) == MOST_LINES
    path = "/events?on_error=skip&wait=applied"
    refused = send(account, path, events("broken"), **headers)
    assert refused.json()["code"] == "idempotency_key_reused", "another query is another request"
    whole = send(account, "/events?on_error=skip", events("broken"), **headers)
    assert whole.json()["accepted"] == MANY
    account.settle()
    assert count(account, _events_of("broken", 1)) == MANY


def events(name: str) -> Iterator[bytes]:
    for number in range(MANY):
        one = {"external_id": f"{name}{number}", "event": name, "time": "2026-01-01"}
        yield json.dumps(one).encode() + b"\n"


def _events_of(name: str, each: int) -> str:
    return (
        f"contact_id IN (SELECT contact_id FROM event_data WHERE event_type = '{name}' "
        f"GROUP BY contact_id HAVING COUNT(*) = {each})"
    )
