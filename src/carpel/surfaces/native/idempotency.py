"""Requests with an Idempotency-Key: done once, answered alike each time.

Records of the log carry the key themselves, and things that are made have ids that follow from it; so
a request that comes again after a crash finds what it did, also when its answer was never kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from starlette.responses import Response

from carpel.domain.repeats import Answer, KeyReused

from .context import Call, Handler

HEADER = "idempotency-key"
REPEATED = "Idempotent-Replayed"
NO_STORE = "no-store"  # says that an answer holds what is kept nowhere, here neither
_BEYOND_HELP = 500


async def once(call: Call, handler: Handler) -> Response:
    """The handler's answer; or what it was when the same request came before."""
    key = call.request.headers.get(HEADER)
    if key is None or call.request.method != "POST":
        return await handler(call)
    caller = call.key.id if call.key is not None else ""
    place = (call.workspace.no, caller, key)
    repeats = call.rooms.repeats
    with repeats.first(place):
        known = await call.off_loop(repeats.find, place)
        if known is not None:
            return await _again(call, *known)
        if not call.is_lines:
            await call.body()
        hashed = hashlib.blake2b("\n".join(map(str, place)).encode(), digest_size=16).digest()
        answered = await handler(replace(call.uncompressed(), repeat_key=hashed))
        request = call.sent.digest()
        secret = answered.headers.get("cache-control") == NO_STORE
        if answered.status_code < _BEYOND_HELP and request is not None and not secret:
            media_type = answered.headers.get("content-type", "")
            answer = Answer(answered.status_code, media_type, bytes(answered.body))
            await call.off_loop(repeats.keep, place, request, answer)
        return answered


async def _again(call: Call, request: bytes, known: Answer) -> Response:
    """The answer of before, when the request is that of before."""
    if call.is_lines:
        async for _ in call.sent.chunks():
            pass
    else:
        await call.body()
    if call.sent.digest() != request:
        raise KeyReused(
            "idempotency_key_reused", "this Idempotency-Key came with another request before"
        )
    headers = {REPEATED: "true", "Content-Type": known.media_type}
    return Response(known.body, known.status, headers)
