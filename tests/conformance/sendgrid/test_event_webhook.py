"""The Event Webhook: signed events in, and segments that know of them within the second."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from conftest import Account
from support.inside import instant
from support.sendgrid import Caller, office

CLICKED = (
    "SELECT c.contact_id, c.updated_at FROM contact_data AS c JOIN event_data AS e "
    "ON c.contact_id = e.contact_id WHERE e.event_source = 'mail' AND e.event_type = 'click' "
    "AND e.timestamp >= timestampadd(day, -30, CURRENT_TIMESTAMP)"
)
SINGLESEND = (
    "SELECT c.contact_id, c.updated_at FROM contact_data AS c JOIN event_data AS e "
    "ON c.contact_id = e.contact_id WHERE "
    "e.DATA:payload.unique_args.singlesend_id = 'send-7' AND e.event_type = 'open'"
)
START = "2026-06-01T12:00:00Z"


class Account7:
    """What SendGrid does: it has a pair of keys, shows the public one, and signs."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        public = self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.public = base64.b64encode(public).decode()

    def headers(self, body: bytes, timestamp: str = "1780315200") -> dict[str, str]:
        signed = self._private.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            EventWebhookHeader.SIGNATURE: base64.b64encode(signed).decode(),
            EventWebhookHeader.TIMESTAMP: timestamp,
        }


def event(email: str, name: str, at: str, event_id: str | None, **more: Any) -> dict[str, Any]:
    found = {"email": email, "event": name, "timestamp": instant(at) // 1_000_000, **more}
    return {**found, "sg_event_id": event_id} if event_id else found


def send(client: httpx.Client, url: str, sender: Account7, *events: Any) -> httpx.Response:
    body = json.dumps(events).encode()
    return client.post(url, content=body, headers={"Authorization": "", **sender.headers(body)})


def test_clicked_in_the_last_thirty_days_is_true_within_the_second(tmp_path: Path) -> None:
    sender = Account7()
    with office(tmp_path / "data", START) as desk:
        desk.sendgrid.upsert({"email": "a@example.com"}, {"email": "b@example.com"})
        segment = f"/segments/2.0/{desk.sendgrid.make_segment('Clicked', CLICKED)['id']}"
        opened = f"/segments/2.0/{desk.sendgrid.make_segment('Opened', SINGLESEND)['id']}"
        url = desk.sendgrid.put("/event_webhook", {"public_key": sender.public}, 200)["url"]
        click = event("A@example.com", "click", "2026-05-31T12:00:00Z", "e1", url="https://x.test")
        more = event("b@example.com", "open", START, "e2", singlesend_id="send-7")
        strange = event("nobody@example.com", "click", START, "e3")
        answer = send(desk.own, url, sender, click, more, strange)
        assert (answer.status_code, answer.json()) == (200, {"accepted": 3, "rejected": []})
        send(desk.own, url, sender, click, more)  # again, as SendGrid does when in doubt
        first = (desk.sendgrid.get(segment)["contacts_count"] for _ in range(100))
        assert 1 in first
        assert desk.sendgrid.get(opened)["contacts_count"] == 1
        assert desk.sendgrid.get("/contacts/count")["contact_count"] == 2
        desk.clock.advance(29 * 86_400_000_000)
        assert desk.sendgrid.get(segment)["contacts_count"] == 1
        desk.clock.advance(1)
        assert desk.sendgrid.get(segment)["contacts_count"] == 0


def test_only_what_the_account_signed_comes_in(sendgrid: Caller) -> None:
    sender, forger = Account7(), Account7()
    sendgrid.get("/event_webhook", 404)
    sendgrid.put("/event_webhook", {"public_key": "nonsense"}, 400)
    made = sendgrid.put("/event_webhook", {"public_key": sender.public}, 200)
    assert sendgrid.get("/event_webhook") == made
    url = made["url"]
    body = json.dumps([event("u1@example.com", "click", START, "s1")]).encode()
    headers = sender.headers(body)
    helper = EventWebhook(sender.public)  # the vendor's own check agrees
    assert helper.verify_signature(
        body.decode(), headers[EventWebhookHeader.SIGNATURE], headers[EventWebhookHeader.TIMESTAMP]
    )
    assert httpx.post(url, content=body, headers=headers).status_code == 200
    late = {**headers, EventWebhookHeader.TIMESTAMP: "1780315201"}
    for wrong_body, wrong in (
        (body, {}),
        (body, forger.headers(body)),
        (body + b" ", headers),
        (body, late),
        (body, {**headers, EventWebhookHeader.SIGNATURE: "%%%"}),
    ):
        answer = httpx.post(url, content=wrong_body, headers=wrong)
        assert answer.status_code == 401
        assert answer.json()["errors"]
    nowhere = url[:-36] + "00000000-0000-4000-8000-000000000000"
    assert httpx.post(nowhere, content=body, headers=headers).status_code == 401
    other = sendgrid.put("/event_webhook", {"public_key": forger.public}, 200)
    assert other["url"] == url  # a new key, the same address
    assert httpx.post(url, content=body, headers=headers).status_code == 401
    sendgrid.delete("/event_webhook", 204)
    assert httpx.post(url, content=body, headers=forger.headers(body)).status_code == 401


def test_events_come_with_a_key_too_and_wrong_ones_do_not_stop_the_rest(
    sendgrid: Caller, account: Account
) -> None:
    fine = event("u2@example.com", "delivered", START, None)
    events = [fine, {"email": "u2@example.com"}, "text", {**fine, "timestamp": "soon"}, fine]
    answer = sendgrid.post("/event_webhook", events)
    assert answer["accepted"] == 2
    assert [one["index"] for one in answer["rejected"]] == [1, 2, 3]
    path = account.server.url + "/v3/marketing/event_webhook"
    assert httpx.post(path, json=[fine], auth=("carpel", account.key)).status_code == 200
    assert httpx.post(path, json=[fine]).status_code == 401
    reader = account.make_key("marketing.read")
    assert httpx.post(path, json=[fine], auth=("x", reader)).status_code == 403
    assert sendgrid.post("/event_webhook", {"email": "x"}, 400)
