"""Braze's errors: one JSON object with a `message` (contracts/braze.md §2.3, §6).

The grade of each text is in the door's README.
"""

from __future__ import annotations

from typing import Any


class BrazeError(Exception):
    """An answer other than success. `errors` follow the message when there are any."""

    def __init__(self, status: int, message: str, errors: list[Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors or []


def invalid_key(shown: str | None) -> BrazeError:
    """401. The bad key is echoed, as recorded (braze.md §2.3)."""
    return BrazeError(401, f"Invalid API key: {shown}" if shown else "Invalid API key")


def no_permission() -> BrazeError:
    """403 for a key without the endpoint's permission (text: transactional page; status: docs)."""
    return BrazeError(403, "You do not have permission to access this resource")


def address_refused() -> BrazeError:
    """403 for a caller outside the key's addresses (text documented, status inferred)."""
    return BrazeError(403, "Invalid whitelisted IPs")


def invalid_url() -> BrazeError:
    """404 for anything that is no endpoint (braze.md §3.1, observed)."""
    return BrazeError(404, "Invalid URL")


def rate_limited() -> BrazeError:
    """429 (text inferred, braze.md §5)."""
    return BrazeError(429, "Rate limit exceeded")


def bad_segment_id() -> BrazeError:
    """400 for an unknown, malformed or missing segment_id, by the pattern of canvas_id (§3.2)."""
    return BrazeError(400, "segment_id must be a string of the segment api identifier")


def too_many_objects() -> BrazeError:
    """400 for more objects than a call takes (text documented, braze.md §6)."""
    return BrazeError(400, "Max Input Length Exceeded")


def too_many_ids() -> BrazeError:
    """400 for more than 50 ids (text documented, braze.md §6)."""
    return BrazeError(400, "The max number of ids per request was exceeded")


def too_many_external_ids() -> BrazeError:
    """400 for more than 50 external_ids or aliases (text documented, braze.md §6)."""
    return BrazeError(400, "The max number of external_ids and aliases per request was exceeded")


def too_large() -> BrazeError:
    """413 (status observed, text ours)."""
    return BrazeError(413, "The request body is too large")


def not_json_type() -> BrazeError:
    """415 (status observed, text ours)."""
    return BrazeError(415, "The Content-Type of the request must be application/json")


def not_json(why: str) -> BrazeError:
    """400 for a body that is no JSON object (status documented, text ours)."""
    return BrazeError(400, f"The request body must be a JSON object: {why}")


def overloaded(message: str) -> BrazeError:
    """503: nothing was taken; clients try 5XX again with backoff (braze.md §6)."""
    return BrazeError(503, message)


def bad_length() -> BrazeError:
    """400 for a `length` that is missing or out of bounds (status and text inferred, §3.3)."""
    return BrazeError(400, "length must be an integer between 1 and 100")


def bad_ending_at() -> BrazeError:
    """400 for an `ending_at` that is no time (status and text inferred, §3.3)."""
    return BrazeError(400, "ending_at must be an ISO 8601 date or date-time")


def export_running() -> BrazeError:
    """429 while an export of the segment runs (status documented, text ours, braze.md §4.1)."""
    return BrazeError(429, "An export of this segment is already running")
