"""Answers: JSON bytes, with ETag and compression as the caller can take them."""

from __future__ import annotations

import gzip
import hashlib
import sys
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Below this many bytes compression costs more than it saves.
_WORTH_COMPRESSING = 1024

_encode = msgspec.json.Encoder(decimal_format="number").encode


def json_bytes(payload: Any) -> bytes:
    """Compact JSON; decimals become numbers, digit for digit."""
    return _encode(payload)


def answer(
    request: Request,
    body: bytes,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
    tag_of: bytes | None = None,
) -> Response:
    """An answer to a request.

    Args:
        request: its headers say what the caller can take.
        body: the whole body.
        status: the HTTP status.
        headers: more headers.
        media_type: the Content-Type.
        tag_of: what makes the answer the same as another; an ETag is made of it, and a caller who
            has it already gets 304 without a body. None sends no ETag.
    """
    more = dict(headers or {})
    if tag_of is not None:
        tag = f'W/"{hashlib.blake2b(tag_of, digest_size=16).hexdigest()}"'
        more["ETag"] = tag
        more.setdefault("Cache-Control", "max-age=0, private, must-revalidate")
        if _has(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=more)
    if len(body) >= _WORTH_COMPRESSING:
        more["Vary"] = "Accept-Encoding"
        encoding = _encoding(request.headers.get("accept-encoding", ""))
        if encoding is not None:
            more["Content-Encoding"] = encoding
            body = zstd.compress(body, 3) if encoding == "zstd" else gzip.compress(body, 6, mtime=0)
    answered = Response(body, status, more)
    answered.headers["Content-Type"] = media_type
    return answered


def _has(wanted: str, tag: str) -> bool:
    """Whether an If-None-Match names the tag; weak and strong forms compare alike."""
    names = [name.strip().removeprefix("W/") for name in wanted.split(",")]
    return "*" in names or tag.removeprefix("W/") in names


def _encoding(accepted: str) -> str | None:
    """The best of zstd and gzip that the caller takes."""
    offers: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, rest = part.strip().partition(";")
        quality = rest.strip().removeprefix("q=")
        try:
            offers[name.strip()] = float(quality) if quality else 1.0
        except ValueError:
            offers[name.strip()] = 0.0
    best = max(("zstd", "gzip"), key=lambda name: offers.get(name, 0.0))
    return best if offers.get(best, 0.0) > 0 else None
