"""SendGrid's errors: an `errors` array, with two exceptions (contracts/sendgrid.md §6.2).

Refreshing a segment answers `{"error": "…"}`, and reading an unknown list a bare array.
"""

from __future__ import annotations

from typing import Any

from carpel.domain.refusals import Conflict, NoSuch, Overloaded, Refusal
from carpel.domain.segments import BadQuery


class SendGridError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


def _one(status: int, message: str, **more: Any) -> SendGridError:
    return SendGridError(status, {"errors": [{"message": message, **more}]})


def no_key() -> SendGridError:
    """401 without the header (documented)."""
    return SendGridError(401, {"errors": [{"field": None, "message": "authorization required"}]})


def bad_key() -> SendGridError:
    """401 for a key that is not known (live)."""
    message = "The provided authorization grant is invalid, expired, or revoked"
    return _one(401, message, field=None, help=None)


def bad_signature() -> SendGridError:
    """401 for events that nobody known has signed (ours)."""
    return _one(401, "the signature is not valid", field=None)


def forbidden() -> SendGridError:
    """403 (live)."""
    return _one(403, "access forbidden", field=None, help=None)


def bad_parameter(field: str, message: str) -> SendGridError:
    """400 (spec)."""
    return SendGridError(400, {"errors": [{"field": field, "message": message}]})


def bad_parameters(found: list[tuple[str, str]]) -> SendGridError:
    """400 for several things at once: (field, message)."""
    wrong = [{"field": field, "message": message} for field, message in found]
    return SendGridError(400, {"errors": wrong})


def not_json(why: str) -> SendGridError:
    """400 for a body that does not parse; for an empty one this is the live text (§6.2)."""
    message = f"error: {why}, body: Not Logging for PII Compliance!"
    return bad_parameter("json.decode failed", message)


def no_segment() -> SendGridError:
    """404 for an unknown segment; both keys are required (spec), the words are ours."""
    return _one(404, "segment not found", field="segment_id")


def no_list(*, bare: bool) -> SendGridError:
    """404 for an unknown list: a bare array where it is read (spec), the words are ours."""
    found = missing("list", "id")
    return SendGridError(404, found.body["errors"]) if bare else found


def missing(what: str, field: str) -> SendGridError:
    """404 for anything else that is named and is not there; the words are ours."""
    return _one(404, f"{what} not found", field=field)


def not_found() -> SendGridError:
    """404 for anything that is no endpoint (inferred)."""
    return _one(404, "not found", field=None, help=None)


def wrong_method() -> SendGridError:
    """405 for a method that an endpoint does not have (inferred)."""
    return _one(405, "method not allowed", field=None, help=None)


def removed(instead: str) -> SendGridError:
    """405 for what was removed on 2023-01-31 (inferred; the words are ours)."""
    message = f"this operation of segments v1 was removed on 2023-01-31; use {instead}"
    return _one(405, message, field=None)


def timed_out() -> SendGridError:
    """408 for a search that takes too long (documented code, inferred words)."""
    return _one(408, "the search took too long", field="query")


def too_large() -> SendGridError:
    """413 (documented code, inferred words)."""
    message = "The JSON payload you have included in your request is too large."
    return _one(413, message, field=None)


def too_many() -> SendGridError:
    """429 (documented)."""
    return SendGridError(429, {"errors": [{"field": None, "message": "too many requests"}]})


def too_soon() -> SendGridError:
    """429 for a second change of a segment within five minutes (client; the code inferred)."""
    message = "Update request came too soon, please wait 5 minutes before trying again"
    return _one(429, message, field="segment_id")


def no_refresh(status: int, message: str) -> SendGridError:
    """A segment cannot be refreshed: `error`, not `errors` (spec)."""
    return SendGridError(status, {"error": message})


def internal() -> SendGridError:
    """500 (live)."""
    return _one(500, "internal server error")


def of_query(bad: BadQuery, field: str, *, hints: bool) -> SendGridError:
    """Every problem of a query; hints go into the words, as there is no other place.

    Subscripts on what is no map end in a 500 (live, §4.4): the language says so in its words.
    """
    if any(one.code == "no_map" for one in bad.problems):
        return internal()
    wrong = [
        (field, f"{one.message} ({one.hint})" if one.hint and hints else one.message)
        for one in bad.problems
    ]
    return bad_parameters(wrong)


def of_refusal(refusal: Refusal) -> SendGridError:
    """The domain's refusal in this door's form; a taken name is a 400 (inferred)."""
    match refusal:
        case Overloaded():
            return _one(503, refusal.message, field=None)
        case NoSuch():
            return _one(404, refusal.message, field=refusal.field)
        case Conflict():
            return bad_parameter(refusal.field or "name", refusal.message)
        case _:
            return bad_parameter(refusal.field or "body", refusal.message)
