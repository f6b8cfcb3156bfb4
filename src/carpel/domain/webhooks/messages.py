"""Messages in the Standard Webhooks format (standardwebhooks.com, specification 1.0)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

import msgspec

from carpel.domain.feed import Change
from carpel.kit.clock import SECOND
from carpel.kit.ids import id_text
from carpel.kit.instants import format_instant

from .model import Webhook

TYPE = "segment.changes"
TEST_TYPE = "webhook.test"
SECRET_PREFIX = "whsec_"  # noqa: S105  (what secrets begin with)

_encode = msgspec.json.Encoder().encode


def message(changes: Sequence[Change], segments: Mapping[int, str]) -> bytes:
    """The body: the same for the same changes, whenever it is made."""
    return _encode(
        {
            "type": TYPE,
            "timestamp": format_instant(changes[-1].at),
            "data": {
                "changes": [
                    {
                        "seq": one.seq,
                        "at": format_instant(one.at),
                        "segment": segments.get(one.segment),
                        "contact": id_text(one.contact),
                        "change": "entered" if one.entered else "left",
                        "cause": one.cause,
                    }
                    for one in changes
                ]
            },
        }
    )


def test_message(webhook: Webhook, now: int) -> bytes:
    """The body of a message that only tries whether it arrives."""
    said = {"type": TEST_TYPE, "timestamp": format_instant(now), "data": {"webhook": webhook.id}}
    return _encode(said)


def message_id(webhook: Webhook, changes: Sequence[Change]) -> str:
    """The same at each attempt, so that a receiver knows a message again."""
    return f"msg_{webhook.id}_{changes[0].seq}_{changes[-1].seq}"


def headers(webhook: Webhook, message_id: str, body: bytes, now: int) -> dict[str, str]:
    """The signed headers. While a secret is being replaced both sign, as the specification has it."""
    timestamp = str(now // SECOND)
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    secrets = [webhook.secret]
    if webhook.old_secret is not None and now < (webhook.old_until or 0):
        secrets.append(webhook.old_secret)
    return {
        "content-type": "application/json",
        "user-agent": "carpel-webhooks",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: bytes, signed: bytes) -> str:
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def secret_text(secret: bytes) -> str:
    """A secret as receivers are given it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()
