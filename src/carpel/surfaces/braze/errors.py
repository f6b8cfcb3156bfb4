"""Braze's errors: one JSON object with a `message` (contracts/braze.md §2.3, §6).

The grade of each text is in the door's README.
"""

from __future__ import annotations


class BrazeError(Exception):
    """An answer other than success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


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
