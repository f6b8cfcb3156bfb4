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


def headers(webhook: Webhook, changes: Sequence[Change], body: bytes, now: int) -> dict[str, str]:
    """The signed headers. The id is the same at each attempt, so that a receiver knows it again."""
    message_id = f"msg_{webhook.id}_{changes[0].seq}_{changes[-1].seq}"
    timestamp = str(now // SECOND)
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    digest = hmac.new(webhook.secret, signed, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "user-agent": "carpel-webhooks",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def secret_text(secret: bytes) -> str:
    """A secret as receivers are given it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()
