"""Signatures of SendGrid's Event Webhook: ECDSA on P-256 with SHA-256.

The key is the one that SendGrid shows: a public key in DER, in base64. Signed is the text of the
timestamp header followed by the body's bytes; the signature comes in DER, in base64. Source: the
vendor's SDKs (helpers/eventwebhook), which check the same.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


class BadKey(ValueError):
    """A text is no public key of this kind."""


@lru_cache(maxsize=64)
def read_key(text: str) -> ec.EllipticCurvePublicKey:
    """The public key of a text.

    Raises:
        BadKey: it is none.
    """
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        raise BadKey("this is no public key in base64") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadKey("this is no ECDSA public key")
    return key


def is_signed(public_key: str, timestamp: str, body: bytes, signature: str) -> bool:
    """Whether the owner of the key signed this body at this time."""
    try:
        raw = base64.b64decode(signature, validate=True)
        read_key(public_key).verify(raw, timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True
