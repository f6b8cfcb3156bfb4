"""The Segment HTTP tracking API, so that analytics SDKs that speak it feed Carpel.

`POST /v1/identify`, `/track`, `/page`, `/screen`, `/group`, `/alias` and `/batch` (and `/v1/import`,
its older name), as Segment documents them: segment.com/docs/connections/sources/catalog/libraries/
server/http-api. The write key is a key of Carpel's with `api.write`: the user of Basic
authentication, `writeKey` in the body, or a bearer token.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from carpel.kit.instants import format_instant, parse_instant
from carpel.surfaces.wire.bodies import NotJson, TooLarge, parse_json

from .context import Call
from .data import take_good
from .problems import Problem
from .sent import Sent

COLLECTED = re.compile(r"/v1/(batch|import|identify|track|page|screen|group|alias)$")
# Segment takes 500 KB for a batch; some of its libraries send a little more.
MOST_BYTES = 1024 * 1024
MOST_MESSAGES = 2_500

_TYPES = ("identify", "track", "page", "screen", "group", "alias")
# Traits that Segment has reserved, and the fields that mean the same here.
_TRAITS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "phone": "phone_number",
}
_ADDRESS = {
    "street": "address_line_1",
    "city": "city",
    "state": "state_province_region",
    "postalCode": "postal_code",
    "country": "country",
}


async def read_message(request: Request) -> dict[str, Any]:
    """The body.

    Raises:
        Problem: it is too large, or no JSON object.
    """
    try:
        body = parse_json(await Sent(request).whole(MOST_BYTES))
    except TooLarge:
        raise Problem(413, "too_large", "a request has at most 1 MiB") from None
    except NotJson as error:
        raise Problem(400, "not_json", f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise Problem(400, "bad_body", "the body is a JSON object")
    return body


def write_key(request: Request, body: dict[str, Any]) -> str | None:
    """The key in Basic authentication or in the body; None when it is in neither."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[0] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    found = body.get("writeKey")
    return found if isinstance(found, str) and not given else None


async def collect(call: Call, body: dict[str, Any]) -> Response:
    """Take messages in: 200 once they are durable.

    Of a batch, wrong messages are left out and named in `rejected`; one that comes alone is refused.
    """
    kind = call.request.url.path.rpartition("/")[2]
    messages = [body | {"type": kind}]
    if kind in ("batch", "import"):
        messages = _batch(body)
    people: list[tuple[int, Any]] = []
    events: list[tuple[int, Any]] = []
    rejected: list[dict[str, Any]] = []
    for place, message in enumerate(messages):
        try:
            person, event = _understood(message)
        except Problem as problem:
            rejected.append({"index": place, "code": problem.code, "detail": problem.detail})
            continue
        if person is not None:
            people.append((place, person))
        if event is not None:
            events.append((place, event))
    refused = await take_good(call, [one for _, one in people], [one for _, one in events])
    for items, some in zip((people, events), refused, strict=True):
        rejected += [
            {"index": items[at][0], "code": error.code, "detail": error.message}
            for at, error in some
        ]
    if rejected and kind not in ("batch", "import"):
        raise Problem(400, rejected[0]["code"], rejected[0]["detail"])
    return call.answer({"success": True} | ({"rejected": rejected} if rejected else {}))


def _batch(body: dict[str, Any]) -> list[Any]:
    messages = body.get("batch")
    if not isinstance(messages, list) or len(messages) > MOST_MESSAGES:
        raise Problem(400, "bad_body", f"batch is an array of at most {MOST_MESSAGES:,} messages")
    sent_at = body.get("sentAt")
    return [{"sentAt": sent_at, **one} if isinstance(one, dict) else one for one in messages]


def _understood(message: Any) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """A contact to write and an event, of a message; in the own API's words."""
    kind = message.get("type") if isinstance(message, dict) else None
    if kind not in _TYPES:
        raise Problem(400, "bad_type", f"type is one of {', '.join(_TYPES)}")
    who = {"external_id": message.get("userId"), "anonymous_id": message.get("anonymousId")}
    if kind == "alias":
        who["anonymous_id"] = message.get("previousId")
    who = {name: value for name, value in who.items() if value not in (None, "")}
    if not who:
        raise Problem(400, "no_identifier", "userId or anonymousId is needed")
    match kind:
        case "identify" | "alias":
            return who | _traits(_object(message, "traits")), None
        case "track":
            return None, _event(message, who, message.get("event"), _object(message, "properties"))
        case "group":
            properties = {"groupId": message.get("groupId"), "traits": _object(message, "traits")}
            return None, _event(message, who, "group", properties)
        case _:
            names = {name: message[name] for name in ("name", "category") if message.get(name)}
            return None, _event(message, who, kind, names | _object(message, "properties"))


def _event(
    message: dict[str, Any], who: dict[str, Any], name: Any, properties: dict[str, Any]
) -> dict[str, Any]:
    return {
        **who,
        "event": name,
        "time": _time(message),
        "event_id": message.get("messageId"),
        "source": _source(message),
        "properties": properties,
    }


def _time(message: dict[str, Any]) -> str | None:
    """`timestamp`, else `originalTimestamp`; None, which is now, for neither."""
    given = message.get("timestamp") or message.get("originalTimestamp")
    found = parse_instant(given) if isinstance(given, str) else None
    return given if found is None else format_instant(found)


def _source(message: dict[str, Any]) -> str | None:
    """The library that sent it."""
    context = message.get("context")
    library = context.get("library") if isinstance(context, dict) else None
    name = library.get("name") if isinstance(library, dict) else None
    return name if isinstance(name, str) else None


def _traits(traits: dict[str, Any]) -> dict[str, Any]:
    """Traits as identifiers and fields."""
    fields: dict[str, Any] = {}
    for name, value in traits.items():
        if name == "address" and isinstance(value, dict):
            known = {_ADDRESS[part]: value[part] for part in value if part in _ADDRESS}
            fields.update(known)
            rest = {part: value[part] for part in value if part not in _ADDRESS}
            if rest:
                fields[name] = rest
        elif name != "email":
            fields[_TRAITS.get(name, name)] = value
    found: dict[str, Any] = {"fields": fields}
    if traits.get("email"):
        found["email"] = traits["email"]
    return found


def _object(message: dict[str, Any], name: str) -> dict[str, Any]:
    found = message.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Problem(400, "bad_body", f"{name} is an object")
    return found
