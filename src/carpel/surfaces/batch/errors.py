"""Batch's errors: `{error_message, error_code}` (contracts/batch.md §2.3)."""

from __future__ import annotations


class BatchError(Exception):
    """An answer other than success; `allow` names the methods that a path does take."""

    def __init__(
        self, status: int, code: str, message: str, allow: tuple[str, ...] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.allow = allow


def wrong_key() -> BatchError:
    """401 for no key, an unknown one, or one of another project (seed: declared words)."""
    return BatchError(
        401, "AUTHENTICATION_INVALID", "The Rest API Key is not valid for this project"
    )


def missing_project() -> BatchError:
    """400 without X-Batch-Project: it is declared as required (batch.md §3.4, row 8)."""
    return missing("The X-Batch-Project header is required")


def not_permitted() -> BatchError:
    """A key that is not for this door; Batch knows no scopes, so it is a key that is not valid."""
    return wrong_key()


def malformed(what: str) -> BatchError:
    """400 for a parameter that cannot be read (batch.md §3.4, row 7)."""
    return BatchError(400, "MALFORMED_PARAMETER", what)


def missing(what: str) -> BatchError:
    """400 for something that has to be there and is not."""
    return BatchError(400, "MISSING_PARAMETER_VALUE", what)


def not_json(what: str) -> BatchError:
    """400 for a body that is no JSON."""
    return BatchError(400, "MALFORMED_JSON_BODY", what)


def no_route(why: str = "There is no such route") -> BatchError:
    """404 for an unknown route (batch.md §2.3)."""
    return BatchError(404, "ROUTE_NOT_FOUND", why)


def wrong_method(allow: tuple[str, ...]) -> BatchError:
    """405 where the path is known and the method is not: what HTTP asks for; Batch's is unknown."""
    return BatchError(405, "ROUTE_NOT_FOUND", f"This route takes {', '.join(allow)}", allow)


def not_found(what: str) -> BatchError:
    """404 where a route names one object (batch.md §2.3); the code is ours."""
    return BatchError(404, "NOT_FOUND", what)


def too_many() -> BatchError:
    """429 (batch.md §2.3)."""
    return BatchError(
        429,
        "TOO_MANY_REQUESTS",
        "Too many requests. Please wait at least 5 seconds before trying again",
    )


def unexpected() -> BatchError:
    """500 (batch.md §2.3)."""
    return BatchError(500, "SERVER_ERROR", "Unexpected error")


def maintenance() -> BatchError:
    """503 (seed: the status and its description; the code is nowhere documented)."""
    return BatchError(
        503, "MAINTENANCE_ERROR", "Services are under maintenance. Please try again later"
    )
