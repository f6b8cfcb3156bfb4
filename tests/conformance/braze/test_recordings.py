"""What was recorded from the live service, asked again of this door: the same status, headers by
name, and JSON in shape and order of keys (contracts/specs/braze/recordings).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from conftest import Account
from support.running import SHARED

RECORDINGS = SHARED / "contracts" / "specs" / "braze" / "recordings"
FOUND = sorted(RECORDINGS.rglob("*.yml"))
# Of the proxies in front of the service, or of the connection.
NOT_OF_THE_SERVICE = {
    "accept-ranges", "age", "alt-svc", "cf-cache-status", "cf-ray", "connection",
    "content-encoding", "content-length", "server", "set-cookie", "transfer-encoding", "via",
    "x-cache", "x-cache-hits", "x-served-by", "x-timer",
}  # fmt: skip
# What a contact of Carpel cannot have: it sends no campaigns.
NOT_HELD = {"campaigns_received"}

pytestmark = pytest.mark.skipif(not FOUND, reason="the recordings are not on this machine")


@pytest.fixture(scope="module")
def prepared(account: Account) -> Account:
    """With the user whom a recording exports."""
    account.server.post("/users/track", account.key, {"attributes": [{
        "external_id": "12345", "first_name": "John", "last_name": "Doe",
        "email": "example@test.com", "string_attribute": "sherman", "boolean_attribute_1": True,
        "integer_attribute": 25, "array_attribute": ["banana", "apple"],
    }]})  # fmt: skip
    return account


@pytest.mark.parametrize("file", FOUND, ids=lambda file: str(file.relative_to(RECORDINGS)))
def test_a_recorded_exchange(prepared: Account, file: Path) -> None:
    (exchange,) = yaml.safe_load(file.read_text())["http_interactions"]
    recorded = exchange["response"]
    answer = ask_again(prepared, exchange["request"])
    if "canvas" in file.parts:  # Braze's, and not served: as for a key without the permission
        assert answer.status_code == 403
        return
    assert answer.status_code == recorded["status"]["code"], answer.text
    wanted = {name.lower() for name in recorded["headers"]} - NOT_OF_THE_SERVICE
    assert wanted - {name.lower() for name in answer.headers} == set()
    assert answer.headers["content-type"] == recorded["headers"]["Content-Type"][0]
    for name in ("X-Ratelimit-Limit", "Cache-Control"):
        (value,) = recorded["headers"][name]
        assert bool(answer.headers[name]) == bool(value)
    assert_like(answer.json(), yaml.safe_load(recorded["body"]["string"]), "")


def ask_again(account: Account, request: Any) -> httpx.Response:
    """The recorded request, with a key and a segment that exist here."""
    url = request["uri"].replace("<BRAZE_REST_URL>", account.server.url)
    headers = {name: values[0] for name, values in request["headers"].items()}
    headers["Authorization"] = headers["Authorization"].replace("<BRAZE_REST_API_KEY>", account.key)
    headers["Accept-Encoding"] = "gzip"
    body = request["body"]["string"].replace(
        "3aca937b-9bbc-4e42-9370-05e411967b2b", account.segments["Everyone"]["id"]
    ).replace('"callback_endpoint":"https://example.com"', '"callback_endpoint":""')  # fmt: skip
    return httpx.request(request["method"].upper(), url, headers=headers, content=body.encode())


def assert_like(ours: Any, recorded: Any, where: str) -> None:
    """The same types, and the same keys in the same order."""
    if isinstance(recorded, dict) and where != "/users/custom_attributes":
        assert list(ours) == [name for name in recorded if name not in NOT_HELD], where
        for name in ours:
            assert_like(ours[name], recorded[name], f"{where}/{name}")
    elif isinstance(recorded, list):
        assert isinstance(ours, list), where
        assert bool(ours) == bool(recorded) or where.endswith("/tags"), where
        for one in ours:
            if recorded:
                assert_like(one, recorded[0], where)
    else:
        assert type(ours) is type(recorded), where
        if isinstance(recorded, dict):
            assert ours == recorded
        if where == "/message":
            assert ours == recorded
