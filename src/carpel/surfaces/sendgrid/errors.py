"""SendGrid's errors: an `errors` array (contracts/sendgrid.md §6.2)."""

from __future__ import annotations

from typing import Any


class SendGridError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
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


def forbidden() -> SendGridError:
    """403 (live)."""
    return _one(403, "access forbidden", field=None, help=None)


def bad_parameter(field: str, message: str) -> SendGridError:
    """400 (spec)."""
    return SendGridError(400, {"errors": [{"field": field, "message": message}]})


def no_segment() -> SendGridError:
    """404 for an unknown segment; both keys are required (spec), the words are ours."""
    return _one(404, "segment not found", field="segment_id")


def not_found() -> SendGridError:
    """404 for anything that is no endpoint (inferred)."""
    return _one(404, "not found", field=None, help=None)


def wrong_method() -> SendGridError:
    """405 for a method that an endpoint does not have (inferred)."""
    return _one(405, "method not allowed", field=None, help=None)


def too_many() -> SendGridError:
    """429 (documented)."""
    return SendGridError(429, {"errors": [{"field": None, "message": "too many requests"}]})


def internal() -> SendGridError:
    """500 (live)."""
    return _one(500, "internal server error")
