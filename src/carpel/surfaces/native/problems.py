"""Errors of the own API: `application/problem+json` (RFC 9457) with a stable code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from carpel.domain import refusals
from carpel.domain.contacts import WriteRefused
from carpel.domain.events import EventRefused
from carpel.domain.feed import TooOld
from carpel.domain.keys import BadAddress, MissingPermission, UnknownKey
from carpel.domain.segments import BadQuery, QueryProblem
from carpel.domain.segments.use import InUse
from carpel.surfaces.wire.answers import answer, json_bytes

_TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    410: "Gone",
    413: "Content too large",
    415: "Unsupported media type",
    500: "Internal error",
    503: "Unavailable",
}


class Problem(Exception):
    """An answer other than success."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.more = more or {}


def from_refusal(refusal: refusals.Refusal) -> Problem:
    """What the domain refuses, in this door's words."""
    match refusal:
        case BadQuery():
            return _bad_query(refusal)
        case WriteRefused() | EventRefused():
            return Problem(400, refusal.code, refusal.message, more={"pointer": refusal.pointer})
        case TooOld():
            return Problem(410, refusal.code, refusal.message, more={"parameter": "cursor"})
        case InUse():
            users = [{"kind": one.kind, "id": one.id, "name": one.name} for one in refusal.users]
            return Problem(409, refusal.code, refusal.message, more={"used_by": users})
        case refusals.NoSuch():
            return Problem(404, refusal.code, refusal.message, more=_field(refusal))
        case refusals.Conflict():
            return Problem(409, refusal.code, refusal.message, more=_field(refusal))
        case refusals.Overloaded():
            return Problem(503, refusal.code, refusal.message, headers={"Retry-After": "1"})
        case UnknownKey():
            return unauthorized()
        case BadAddress() | MissingPermission():
            return Problem(403, refusal.code, refusal.message)
        case _:
            return Problem(400, refusal.code, refusal.message, more=_field(refusal))


def unauthorized() -> Problem:
    """No key, or none that is known."""
    headers = {"WWW-Authenticate": 'Bearer realm="carpel"'}
    return Problem(
        401, "unknown_key", "a valid key is needed: Authorization: Bearer KEY", headers=headers
    )


def respond(request: Request, problem: Problem) -> Response:
    """The problem as an answer."""
    body = {
        "type": f"urn:carpel:problem:{problem.code}",
        "title": _TITLES.get(problem.status, "Error"),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        **problem.more,
    }
    return answer(
        request,
        json_bytes(body),
        problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )


def _field(refusal: refusals.Refusal) -> dict[str, str]:
    return {"field": refusal.field} if refusal.field else {}


def shown_problem(found: QueryProblem) -> dict[str, Any]:
    """One thing that is wrong with a query."""
    place = found.place
    where: dict[str, Any] = {"pointer": place.pointer}
    if place.pointer is None:
        where = {"line": place.line, "column": place.column, "offset": place.offset,
                 "length": place.length}  # fmt: skip
    shown = {"code": found.code, "message": found.message, "position": where}
    return shown | ({"hint": found.hint} if found.hint else {})


def _bad_query(refusal: BadQuery) -> Problem:
    """Every problem of the query; the first one's place stands at the top as well."""
    problems = [shown_problem(found) for found in refusal.problems]
    first = refusal.problems[0]
    top: dict[str, Any] = {
        key: problems[0][key] for key in ("position", "hint") if key in problems[0]
    }
    more: dict[str, Any] = {"field": refusal.field, "problems": problems}
    return Problem(400, first.code, first.message, more=more | top)
