"""Webhooks: where changes are pushed."""

from __future__ import annotations

from starlette.responses import Response

from carpel.domain.webhooks import Webhook
from carpel.domain.webhooks.messages import secret_text

from . import shapes
from .bodies import WebhookBody, given, read_body
from .context import Call
from .problems import Problem


async def list_webhooks(call: Call) -> Response:
    """All webhooks and how sending goes, the oldest first."""
    found = call.rooms.webhooks.list_of(call.workspace.no)
    return call.answer(shapes.Page([_shown(call, one) for one in found]))


async def create(call: Call) -> Response:
    """Have changes sent to an address from now on, as Standard Webhooks messages.

    The answer alone has the secret that they are signed with.
    """
    body = await read_body(call, WebhookBody)
    url = given(body.url)
    if url is None:
        raise Problem(400, "bad_body", "url is needed", more={"pointer": "/url"})
    if given(body.enabled) is False:
        raise Problem(400, "bad_body", "a new webhook is enabled", more={"pointer": "/enabled"})
    made = await call.off_loop(
        call.rooms.webhooks.create, call.workspace.no, url, _segments(call, body) or [],
        first_fill=bool(given(body.first_fill)),
    )  # fmt: skip
    shown = _shown(call, made)
    shown.secret = secret_text(made.secret)
    return call.created(shown, f"/webhooks/{made.id}")


async def read(call: Call) -> Response:
    """One webhook, how many changes wait for it, and what went wrong last."""
    return call.answer(_shown(call, _webhook(call)))


async def edit(call: Call) -> Response:
    """Change what is given; `enabled: true` also tries again at once where it stopped."""
    body = await read_body(call, WebhookBody)
    changed = await call.off_loop(
        call.rooms.webhooks.edit, _webhook(call), url=given(body.url),
        segments=_segments(call, body), first_fill=given(body.first_fill),
        enabled=given(body.enabled),
    )  # fmt: skip
    return call.answer(_shown(call, changed))


async def delete(call: Call) -> Response:
    """Nothing more is sent there."""
    await call.off_loop(call.rooms.webhooks.delete, _webhook(call))
    return Response(status_code=204)


def _webhook(call: Call) -> Webhook:
    return call.rooms.webhooks.find(call.workspace.no, call.values["webhook"])


def _segments(call: Call, body: WebhookBody) -> list[int] | None:
    references = given(body.segments)
    if references is None:
        return None
    return [call.rooms.segments.read(call.workspace, one).no for one in references]


def _shown(call: Call, found: Webhook) -> shapes.Webhook:
    ids = call.rooms.segments.ids()
    waiting = call.rooms.feed.newest(found.workspace) - found.cursor
    return shapes.Webhook.of(found, [ids[one] for one in found.segments if one in ids], waiting)
