"""Links that nobody can make up: file, instant of expiry and purpose, signed."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote

from carpel.kit.clock import SECOND

from .model import BadLink, ExpiredLink, File, Purpose

_SIGNATURE_DIGITS = 43


def make_link(secret: bytes, file: File, purpose: Purpose, expires_at: int) -> str:
    """The path of a link, good until an instant (rounded up to a whole second)."""
    second = -(-expires_at // SECOND)
    token = f"{file.id}.{second}.{_sign(secret, file.id, purpose, second)}"
    return f"/files/{token}/{quote(file.name)}"


def read_link(secret: bytes, token: str, purpose: Purpose, now: int) -> str:
    """The id of the file that a link's token is good for now.

    Raises:
        BadLink: it was not made here, or not for this purpose.
        ExpiredLink: it was good once.
    """
    file_id, _, rest = token.partition(".")
    second, _, signature = rest.partition(".")
    if not (second.isascii() and second.isdigit()):
        raise BadLink("bad_link", "this link is not valid")
    wanted = _sign(secret, file_id, purpose, int(second))
    if not hmac.compare_digest(wanted.encode(), signature.encode()):
        raise BadLink("bad_link", "this link is not valid")
    if now >= int(second) * SECOND:
        raise ExpiredLink("expired_link", "this link has expired")
    return file_id


def _sign(secret: bytes, file_id: str, purpose: Purpose, second: int) -> str:
    text = f"{purpose} {file_id} {second}"
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:_SIGNATURE_DIGITS]
