"""What holds for every endpoint: keys, permissions, limits, paths, methods, bodies.

Every row of the contract's tables of errors has a test; each names how it is known: recorded,
documented, observed by others, inferred by the contract, or ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from carpel.kit.clock import HOUR, MINUTE, SECOND
from conftest import Account
from support.braze import BrazeHouse, braze_house

LIMITS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")

# Method, path, permission, and what a key without others answers once it is let in.
SERVED = [
    ("GET", "/segments/list", "segments.list", 200),
    ("GET", "/segments/details", "segments.details", 400),
    ("GET", "/segments/data_series", "segments.data_series", 400),
    ("POST", "/users/track", "users.track", 400),
    ("POST", "/users/delete", "users.delete", 400),
    ("POST", "/users/export/ids", "users.export.ids", 400),
    ("POST", "/users/export/segment", "users.export.segment", 400),
    ("POST", "/export/segment/cancel", "segments.list", 400),
    ("GET", "/custom_attributes", "custom_attributes.get", 200),
    ("GET", "/events", "events.get", 200),
    ("GET", "/events/list", "events.list", 200),
]
UNSERVED = [
    ("GET", "/campaigns/list"), ("POST", "/messages/send"), ("GET", "/canvas/details"),
    ("GET", "/events/data_series"), ("POST", "/users/identify"), ("GET", "/purchases/product_list"),
    ("POST", "/campaigns/trigger/send"), ("GET", "/catalogs/shop/items/1"),
    ("GET", "/sessions/data_series"), ("POST", "/users/alias/new"), ("GET", "/kpi/dau/data_series"),
]  # fmt: skip


def ask(account: Account, method: str, path: str, key: str | None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    content = b"{}" if method == "POST" else None
    return httpx.request(method, account.server.url + path, headers=headers, content=content)


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrazeHouse]:
    with braze_house(Path(tmp_path_factory.mktemp("door")) / "data") as opened:
        yield opened


@pytest.mark.parametrize(("method", "path", "permission", "status"), SERVED)
def test_each_endpoint_has_its_permission(
    inside: BrazeHouse, method: str, path: str, permission: str, status: int
) -> None:
    """403: documented status; its text from the transactional page."""

    def answer(*permissions: str) -> httpx.Response:
        content = b"{}" if method == "POST" else None
        return inside.braze.request(
            method, path, headers=inside.key_for(*permissions), content=content
        )

    assert answer(permission).status_code == status
    refused = answer(*({one[2] for one in SERVED} - {permission}))
    assert refused.status_code == 403
    assert refused.json() == {"message": "You do not have permission to access this resource"}
    assert refused.headers["cache-control"] == "no-cache"
    assert all(refused.headers[name].isdigit() for name in LIMITS)


@pytest.mark.parametrize(("method", "path"), [one[:2] for one in SERVED] + UNSERVED)
def test_an_unknown_key_is_echoed(account: Account, method: str, path: str) -> None:
    """401: recorded, with rate limits present and empty."""
    refused = ask(account, method, path, "non-existent")
    assert (refused.status_code, refused.content) == (
        401, b'{"message":"Invalid API key: non-existent"}',
    )  # fmt: skip
    assert [refused.headers[name] for name in LIMITS] == ["", "", ""]
    assert refused.headers["cache-control"] == "no-cache"
    assert "etag" not in refused.headers
    missing = ask(account, method, path, None)  # observed status, our text
    assert (missing.status_code, missing.json()) == (401, {"message": "Invalid API key"})


def test_a_key_in_quotes_is_unknown(account: Account) -> None:
    """Documented."""
    assert ask(account, "GET", "/segments/list", f'"{account.key}"').status_code == 401


@pytest.mark.parametrize(("method", "path"), UNSERVED)
def test_what_braze_has_and_carpel_has_not_needs_a_permission_nobody_has(
    account: Account, method: str, path: str
) -> None:
    """Ours: as Braze answers a key that lacks the permission."""
    refused = ask(account, method, path, account.key)
    assert refused.status_code == 403
    assert refused.json() == {"message": "You do not have permission to access this resource"}


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/segments"), ("GET", "/segments/nothing"), ("GET", "/segments/list/"),
    ("POST", "/segments/list"), ("POST", "/segments/details"), ("GET", "/users/track"),
    ("PUT", "/users/track"), ("DELETE", "/segments/list"), ("GET", "/users/export/segment"),
    ("POST", "/segments/create"), ("GET", "/campaigns/nothing"), ("GET", "/users"),
])  # fmt: skip
def test_what_is_no_endpoint_is_an_invalid_url(account: Account, method: str, path: str) -> None:
    """404: observed for unknown paths, inferred for methods."""
    for key in (account.key, "bad", None):
        refused = ask(account, method, path, key)
        assert (refused.status_code, refused.json()) == (404, {"message": "Invalid URL"})


def test_the_header_set_is_the_recorded_one(account: Account) -> None:
    answer = ask(account, "GET", "/segments/list", account.key)
    for name in ("cache-control", "content-type", "etag", "strict-transport-security", "vary",
                 "x-request-id", "x-runtime", "date", *LIMITS):  # fmt: skip
        assert answer.headers[name]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "max-age=0, private, must-revalidate"
    head = ask(account, "HEAD", "/segments/list", account.key)
    assert (head.status_code, head.content) == (200, b"")


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[BrazeHouse]:
    """It is 12:00:30 and rates are limited."""
    with braze_house(tmp_path / "data", "2026-06-01T12:00:30Z", rate_limits=True) as opened:
        yield opened


def shown(answer: httpx.Response) -> list[int]:
    return [int(answer.headers[name]) for name in LIMITS]


def test_windows_are_the_clocks_and_shared(limited: BrazeHouse) -> None:
    """Recorded: an hour's window ends with the hour, and most endpoints draw from one."""
    noon = 1_780_315_200
    assert shown(limited.braze.get("/segments/list")) == [250_000, 249_999, noon + 3600]
    assert shown(limited.braze.get("/segments/details")) == [250_000, 249_998, noon + 3600]
    assert shown(limited.braze.post("/export/segment/cancel", json={}))[1] == 249_997
    limited.clock.advance(HOUR)
    assert shown(limited.braze.get("/segments/list")) == [250_000, 249_999, noon + 7200]


def test_some_endpoints_have_windows_of_their_own(limited: BrazeHouse) -> None:
    """Documented."""
    noon = 1_780_315_200
    assert shown(limited.braze.post("/users/track", json={})) == [3_000, 2_999, noon + 33]
    assert shown(limited.braze.post("/users/delete", json={})) == [20_000, 19_999, noon + 60]
    assert shown(limited.braze.post("/users/export/ids", json={})) == [2_500, 2_499, noon + 60]
    assert shown(limited.braze.get("/events")) == [1_000, 999, noon + 3600]
    assert shown(limited.braze.get("/custom_attributes")) == [1_000, 998, noon + 3600]
    assert shown(limited.braze.get("/events/list")) == [1_000, 997, noon + 3600]


def test_beyond_the_limit_one_waits_for_the_window(limited: BrazeHouse) -> None:
    """429: documented status; text inferred; `Retry-After` ours, for the clients that look for it."""
    for _ in range(1_000):
        limited.braze.get("/events")
    refused = limited.braze.get("/events")
    assert (refused.status_code, refused.json()) == (429, {"message": "Rate limit exceeded"})
    assert refused.headers["retry-after"] == str(59 * 60 + 30)
    assert refused.headers["x-ratelimit-remaining"] == "0"
    limited.clock.advance(59 * MINUTE + 29 * SECOND)
    assert limited.braze.get("/events").status_code == 429
    limited.clock.advance(SECOND)
    assert limited.braze.get("/events").status_code == 200


def test_a_full_disk_is_a_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """5XX: documented, to be tried again; the text is ours."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with braze_house(tmp_path / "data") as inside:
        body = {"attributes": [{"external_id": "x", "n": {"inc": 1}}]}
        with monkeypatch.context() as patch:
            patch.setattr("carpel.storage.log.log.os.write", full)
            refused = inside.braze.post("/users/track", json=body)
        assert refused.status_code == 503
        assert list(refused.json()) == ["message"]
        inside.track(**body)
        assert inside.client.get("/contacts/x")["fields"] == {"n": 1}
