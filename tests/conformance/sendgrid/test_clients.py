"""SendGrid's own clients, unmodified, through every operation of the door (issue 4, must show 1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import python_http_client
import sendgrid

from conftest import Account
from support.fetched import CLIENTS
from support.node import node_with_packages
from support.sendgrid_walk import Walk
from support.talks import Talk, talking


def in_python(account: Account, key: str | None = None) -> Any:
    """The client of the Python SDK, which makes paths of attributes."""
    return sendgrid.SendGridAPIClient(key or account.key, host=account.server.url).client


@pytest.fixture(scope="module")
def node(account: Account) -> Iterator[Talk]:
    script = CLIENTS / "node" / "sendgrid.mjs"
    with talking(node_with_packages().talk(script, account.server.url, account.key)) as talk:
        yield talk


def test_the_python_sdk_walks_every_operation(account: Account) -> None:
    client = in_python(account)

    def ask(method: str, path: str, body: Any, query: dict[str, Any]) -> tuple[int, Any]:
        place = client.marketing
        for part in path.strip("/").split("/"):
            place = place._(part)
        try:
            answer = getattr(place, method.lower())(request_body=body, query_params=query or None)
        except python_http_client.exceptions.HTTPError as error:
            return error.status_code, error.to_dict
        return answer.status_code, json.loads(answer.body) if answer.body else None

    walk = Walk("python", ask)
    walk.all_of_it()
    assert not walk.missed()


def test_the_node_client_walks_every_operation(node: Talk) -> None:
    def ask(method: str, path: str, body: Any, query: dict[str, Any]) -> tuple[int, Any]:
        request = {"method": method, "url": f"/v3/marketing{path}", "qs": query, "body": body}
        told = node.ask({name: part for name, part in request.items() if part})
        return told["status"], told["body"]

    walk = Walk("node", ask)
    walk.all_of_it()
    assert not walk.missed()


def test_errors_are_the_sdks_own(account: Account, node: Talk) -> None:
    segments = in_python(account).marketing.segments
    with pytest.raises(python_http_client.exceptions.NotFoundError) as raised:
        segments._("nonsense").get()
    assert raised.value.to_dict["errors"][0]["field"] == "segment_id"
    with pytest.raises(python_http_client.exceptions.UnauthorizedError):
        in_python(account, "SG.wrong").marketing.segments.get()
    with pytest.raises(python_http_client.exceptions.BadRequestsError):
        segments._("2.0").post(request_body={"name": "x"})
    reader = account.make_key("marketing.read")
    with pytest.raises(python_http_client.exceptions.ForbiddenError):
        in_python(account, reader).marketing.lists.post(request_body={"name": "x"})
    told = node.ask({"method": "GET", "url": "/v3/marketing/segments/nonsense"})
    assert (told["status"], told["body"]["errors"][0]["field"]) == (404, "segment_id")
