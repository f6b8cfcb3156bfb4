"""Webhooks: where changes are pushed."""

from __future__ import annotations

from starlette.responses import Response

from carpel.domain.webhooks import Webhook
from carpel.domain.webhooks.messages import secret_text
from carpel.kit.clock import HOUR

from . import params, shapes
from .bodies import WebhookBody, given, read_body
from .context import Call
from .problems import Problem

ROTATE_PARAMS = (
    params.number("overlap_hours", "How long the secret before signs as well.", most=720,
                  default=24, least=0),
)  # fmt: skip
DELIVERIES_PARAMS = (params.number("limit", "How many are shown.", most=100, default=100),)
REPLAY_PARAMS = (
    params.text("cursor", "Changes after this cursor of `/changes` are sent."),
    params.instant("since", "Changes from this instant on are sent."),
)


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
        first_fill=bool(given(body.first_fill)), webhook_id=call.fresh_id(),
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


async def rotate_secret(call: Call) -> Response:
    """A new secret, in the answer alone; the one before signs as well until `old_secret_until`.

    Messages then carry two signatures, and a receiver may know either.
    """
    overlap = call.given["overlap_hours"] * HOUR
    changed = await call.off_loop(call.rooms.webhooks.rotate, _webhook(call), overlap)
    shown = _shown(call, changed)
    shown.secret = secret_text(changed.secret)
    return call.answer(shown)


async def test(call: Call) -> Response:
    """Send a `webhook.test` message now, once; the answer says whether it arrived.

    A disabled webhook is tried too.
    """
    found = await call.off_loop(call.rooms.webhooks.test, _webhook(call))
    return call.answer(shapes.Delivery.of(found))


async def list_deliveries(call: Call) -> Response:
    """The last 100 attempts to deliver, the newest first."""
    found = await call.off_loop(call.rooms.webhooks.deliveries, _webhook(call), call.given["limit"])
    return call.answer(shapes.Page([shapes.Delivery.of(one) for one in found]))


async def replay(call: Call) -> Response:
    """Send changes (again) from a `cursor` of `/changes` on, or from what happened `since` an instant.

    A disabled webhook is enabled. Without either it goes on where it stopped.
    """
    found, feed = _webhook(call), call.rooms.feed
    after = found.cursor
    if call.given["cursor"]:
        after = int(call.cursor("changes", int)[0])
    elif call.given["since"] is not None:
        after = await call.off_loop(feed.before, call.workspace.no, call.given["since"])
    changed = await call.off_loop(call.rooms.webhooks.replay, found, after)
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
