"""Webhooks: receivers that fail, stall and come back get everything, in order, signed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook
from typing_extensions import override

from carpel.app.posting import Poster
from carpel.client import ApiError
from carpel.kit import cursors
from carpel.kit.clock import DAY, HOUR
from support.inside import House, house

PRIVATE: dict[str, Any] = {"webhooks_private": True}


@dataclass
class Receiver:
    """Takes messages; answers what it is told to. `taken` are those it accepted."""

    url: str = ""
    answer: int = 200
    stalled: threading.Event = field(default_factory=threading.Event)
    attempts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, attempts: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.attempts) >= attempts, 30), self.attempts

    def changes(self) -> list[dict[str, Any]]:
        """Each message once, by its id, as a receiver is to take them."""
        found: dict[str, Any] = {}
        for headers, body in self.taken:
            found.setdefault(headers["webhook-id"], json.loads(body)["data"]["changes"])
        return [one for changes in found.values() for one in changes]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            message = ({name.lower(): value for name, value in self.headers.items()}, body)
            if receiver.answer == 0:
                receiver.stalled.wait(30)
            status = receiver.answer or 500
            with receiver.came:
                receiver.attempts.append(message)
                if status == 200:
                    receiver.taken.append(message)
                self.send_response(status)
                reply = b"" if status == 200 else b"went wrong"
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)
                receiver.came.notify_all()

        @override
        def log_message(self, *_: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stalled.set()
        server.shutdown()
        thread.join()
        server.server_close()


def flip(it: House, *values: int) -> None:
    for value in values:
        it.put({"external_id": "a", "fields": {"n": value}})


def settled(it: House, webhook: str, state: str, attempts: int = 0) -> Any:
    """The webhook once it has nothing to send at this instant, after so many attempts."""
    it.service.feed.flush()
    found: Any = None
    for _ in range(3_000):
        found = it.client.get(f"/webhooks/{webhook}")
        if (
            found["state"] == state
            and found["attempts"] >= attempts
            and (state != "active" or found["pending"] == 0)
        ):
            return found
        threading.Event().wait(0.01)
    raise AssertionError(found)


def test_changes_are_pushed_signed_and_in_order(tmp_path: Path) -> None:
    with receiving() as receiver, house(tmp_path / "data", **PRIVATE) as it:
        flip(it, 1)
        it.segment("low", "n < 10")
        made = it.client.post("/webhooks", {"url": receiver.url})
        flip(it, 20, 2, 30, 3)
        settled(it, made["id"], "active")
        changes = it.client.get("/changes")["data"]
        assert receiver.changes() == changes[1:], "the fill before it was made is not told"
        signing = Webhook(made["secret"])
        for headers, body in receiver.taken:
            assert _verified(signing, headers, body)["type"] == "segment.changes"
        assert "secret" not in it.client.get(f"/webhooks/{made['id']}")


def _verified(signing: Webhook, headers: dict[str, str], body: bytes) -> Any:
    """As the library verifies; the clock of the test stands elsewhere than the library's."""
    signature = signing.sign(headers["webhook-id"], _time(headers), body.decode())
    assert headers["webhook-signature"] == signature
    return json.loads(body)


def _time(headers: dict[str, str]) -> Any:
    return datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)


def test_a_receiver_that_fails_and_comes_back_misses_nothing(tmp_path: Path) -> None:
    with receiving() as receiver, house(tmp_path / "data", **PRIVATE) as it:
        flip(it, 99)
        it.segment("low", "n < 10")
        made = it.client.post("/webhooks", {"url": receiver.url})
        receiver.answer = 503
        flip(it, 1, 20)
        receiver.wait_for(1)
        failing = settled(it, made["id"], "failing")
        assert "503" in failing["error"]
        flip(it, 2, 30)
        for attempt in range(2, 5):
            it.clock.advance(HOUR)
            receiver.wait_for(attempt)
            settled(it, made["id"], "failing", attempt)
        assert len({headers["webhook-id"] for headers, _ in receiver.attempts}) == 1
        assert len({body for _, body in receiver.attempts}) == 1, "each attempt says the same"
        receiver.answer = 200
        it.clock.advance(3 * HOUR)
        settled(it, made["id"], "active")
        assert receiver.changes() == it.client.get("/changes")["data"]


def test_one_that_stalls_holds_up_no_other(tmp_path: Path) -> None:
    with receiving() as slow, receiving() as quick, house(tmp_path / "data", **PRIVATE) as it:
        flip(it, 99)
        it.segment("low", "n < 10")
        first = it.client.post("/webhooks", {"url": slow.url})
        second = it.client.post("/webhooks", {"url": quick.url})
        slow.answer = 0
        flip(it, 1, 20, 2)
        settled(it, second["id"], "active")
        assert len(quick.changes()) == 3
        slow.answer = 200
        slow.stalled.set()
        settled(it, first["id"], "active")
        assert slow.changes() == quick.changes()


def test_long_failure_parks_it_and_enabling_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with receiving() as receiver:
        with house(data, **PRIVATE) as it:
            flip(it, 99)
            it.segment("low", "n < 10")
            it.segment("high", "n > 10")
            made = it.client.post("/webhooks", {"url": receiver.url, "segments": ["low"]})
            receiver.answer = 500
            flip(it, 1)
            receiver.wait_for(1)
            settled(it, made["id"], "failing")
            it.clock.advance(5 * DAY)
            parked = settled(it, made["id"], "disabled")
            assert parked["error"] == "the receiver answered 500"
            flip(it, 50, 2)
            attempts = len(receiver.attempts)
            receiver.answer = 200
        with house(data, "2026-06-10T12:00:00Z", **PRIVATE) as it:
            assert settled(it, made["id"], "disabled")["pending"] > 0
            assert len(receiver.attempts) == attempts
            it.client.patch(f"/webhooks/{made['id']}", {"enabled": True})
            settled(it, made["id"], "active")
            told = [(one["change"], one["seq"]) for one in receiver.changes()]
            low = it.client.get("/changes", segment="low")["data"]
            assert told == [(one["change"], one["seq"]) for one in low]
            with pytest.raises(ApiError) as refused:
                it.client.delete("/segments/low")
            assert refused.value.problem["used_by"] == [
                {"kind": "webhook", "id": made["id"], "name": receiver.url}
            ]


@pytest.mark.parametrize("wanted", [False, True])
def test_a_first_fill_is_silent_unless_asked_for(tmp_path: Path, *, wanted: bool) -> None:
    with receiving() as receiver, house(tmp_path / "data", **PRIVATE) as it:
        flip(it, 1)
        made = it.client.post("/webhooks", {"url": receiver.url, "first_fill": wanted})
        it.segment("low", "n < 10")
        it.client.patch("/segments/low", {"sql": "n < 1"})
        settled(it, made["id"], "active")
        words = [(one["change"], one["cause"]) for one in receiver.changes()]
        fill = [("entered", "definition")] if wanted else []
        assert words == [*fill, ("left", "definition")]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/x", "http://[::1]/x", "http://10.1.2.3/", "http://169.254.169.254/latest",
     "http://localhost/", "ftp://example.com/", "http://[::ffff:192.168.0.1]/", "nothing", "http://"],
)  # fmt: skip
def test_private_and_senseless_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with house(tmp_path / "data") as it:
        with pytest.raises(ApiError) as refused:
            it.client.post("/webhooks", {"url": url})
        assert (refused.value.status, refused.value.code) == (400, "bad_url")
        assert list(it.client.everything("/webhooks")) == []


def test_a_name_that_leads_somewhere_private_gets_nothing() -> None:
    with receiving() as receiver:
        poster = Poster(private=False)
        attempt = poster.send(receiver.url.replace("127.0.0.1", "localhost"), {}, b"")
        poster.close()
        assert (attempt.status, receiver.attempts) == (None, [])
        assert "private" in str(attempt.error)


def test_a_rotated_secret_signs_beside_the_old_one_for_a_while(tmp_path: Path) -> None:
    with receiving() as receiver, house(tmp_path / "data", **PRIVATE) as it:
        flip(it, 99)
        it.segment("low", "n < 10")
        made = it.client.post("/webhooks", {"url": receiver.url})
        path = f"/webhooks/{made['id']}"
        rotated = it.client.post(f"{path}/rotate-secret", overlap_hours=2)
        assert rotated["secret"] != made["secret"]
        assert rotated["old_secret_until"] == "2026-06-01T14:00:00Z"
        assert "secret" not in it.client.get(path)
        old, new = Webhook(made["secret"]), Webhook(rotated["secret"])
        for expected in ([new, old], [new]):
            flip(it, len(receiver.attempts), 99)
            settled(it, made["id"], "active")
            headers, body = receiver.attempts[-1]
            signed = [one.sign(headers["webhook-id"], _time(headers), body.decode())
                      for one in expected]  # fmt: skip
            assert headers["webhook-signature"].split() == signed
            it.clock.advance(2 * HOUR)
        again = it.client.post(f"{path}/rotate-secret", overlap_hours=0)
        assert again["old_secret_until"] is None


def test_attempts_are_kept_with_what_came_of_them(tmp_path: Path) -> None:
    with receiving() as receiver, house(tmp_path / "data", **PRIVATE) as it:
        flip(it, 99)
        it.segment("low", "n < 10")
        made = it.client.post("/webhooks", {"url": receiver.url})
        path = f"/webhooks/{made['id']}/deliveries"
        assert it.client.get(path)["data"] == []
        receiver.answer = 503
        flip(it, 1, 2, 99)
        settled(it, made["id"], "failing", 1)
        receiver.answer = 200
        it.clock.advance(HOUR)
        settled(it, made["id"], "active")
        found = it.client.get(path)["data"]
        last = found[-1]
        assert (last["status"], last["delivered"], last["attempt"]) == (503, False, 1)
        assert last["reply"] == "went wrong"
        ids = [headers["webhook-id"] for headers, _ in receiver.attempts]
        assert [one["id"] for one in found] == ids[::-1]
        again = next(one for one in found if one["id"] == last["id"] and one is not last)
        assert (again["status"], again["delivered"], again["attempt"]) == (200, True, 2)
        told = [(one["first_seq"], one["last_seq"], one["changes"]) for one in found[::-1]]
        assert told[0] == told[1]
        assert sum(changes for *_, changes in told[1:]) == len(receiver.changes())
        for _ in range(104):
            it.client.post(f"/webhooks/{made['id']}/test")
        assert len(it.client.get(path)["data"]) == 100, "the newest are kept"
        assert len(it.client.get(path, limit=3)["data"]) == 3
        it.client.delete(f"/webhooks/{made['id']}")


def test_a_test_message_is_sent_at_once(tmp_path: Path) -> None:
    with receiving() as receiver, house(tmp_path / "data", **PRIVATE) as it:
        made = it.client.post("/webhooks", {"url": receiver.url})
        it.client.patch(f"/webhooks/{made['id']}", {"enabled": False})
        receiver.answer = 404
        tried = it.client.post(f"/webhooks/{made['id']}/test")
        assert (tried["kind"], tried["status"], tried["delivered"]) == ("test", 404, False)
        receiver.answer = 200
        tried = it.client.post(f"/webhooks/{made['id']}/test")
        assert (tried["status"], tried["delivered"], tried["changes"]) == (200, True, 0)
        headers, body = receiver.attempts[-1]
        said = _verified(Webhook(made["secret"]), headers, body)
        assert (said["type"], said["data"]) == ("webhook.test", {"webhook": made["id"]})
        assert headers["webhook-id"] == tried["id"]
        assert it.client.get(f"/webhooks/{made['id']}")["state"] == "disabled"


def test_changes_are_sent_again_from_a_cursor_or_an_instant(tmp_path: Path) -> None:
    with receiving() as receiver, house(tmp_path / "data", **PRIVATE) as it:
        flip(it, 99)
        it.segment("low", "n < 10")
        made = it.client.post("/webhooks", {"url": receiver.url})
        path = f"/webhooks/{made['id']}"
        for value in (1, 20, 2, 30):
            flip(it, value)
            it.clock.advance(HOUR)
        settled(it, made["id"], "active")
        changes = it.client.get("/changes")["data"]
        assert receiver.changes() == changes
        it.client.patch(path, {"enabled": False})
        first = it.client.get("/changes", limit=1)["next_cursor"]
        for query, expected in (
            ({"cursor": first}, changes[1:]),
            ({"since": "2026-06-01T14:00:00Z"}, changes[2:]),
            ({"since": "2026-06-02T00:00:00Z"}, []),
        ):
            receiver.taken.clear()
            assert it.client.post(f"{path}/replay", **query)["enabled"]
            settled(it, made["id"], "active")
            assert receiver.changes() == expected
        with pytest.raises(ApiError) as refused:
            it.client.post(f"{path}/replay", cursor=cursors.encode("changes", 99))
        assert (refused.value.status, refused.value.code) == (410, "cursor_expired")
