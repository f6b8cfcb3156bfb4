"""Requests with an Idempotency-Key: done once, answered alike each time."""

from __future__ import annotations

import hashlib

from starlette.responses import Response

from carpel.domain.repeats import Answer

from .context import Call, Handler

HEADER = "idempotency-key"
REPEATED = "Idempotent-Replayed"
_BEYOND_HELP = 500


async def once(call: Call, handler: Handler) -> Response:
    """The handler's answer; or what it was when the same request came before."""
    key = call.request.headers.get(HEADER)
    if key is None or call.request.method != "POST":
        return await handler(call)
    caller = call.key.id if call.key is not None else ""
    place = (call.workspace.no, caller, key)
    url = call.request.url
    said = f"{url.path}?{url.query}\n".encode() + await call.body()
    request = hashlib.blake2b(said, digest_size=16).digest()
    repeats = call.rooms.repeats
    with repeats.first(place):
        known = await call.off_loop(repeats.find, place, request)
        if known is not None:
            headers = {REPEATED: "true", "Content-Type": known.media_type}
            return Response(known.body, known.status, headers)
        answered = await handler(call.uncompressed())
        if answered.status_code < _BEYOND_HELP:
            media_type = answered.headers.get("content-type", "")
            answer = Answer(answered.status_code, media_type, bytes(answered.body))
            await call.off_loop(repeats.keep, place, request, answer)
        return answered
