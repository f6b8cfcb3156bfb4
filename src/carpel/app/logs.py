"""Log lines: text for people or JSON for machines, each with its request's id."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from datetime import UTC, datetime

import msgspec
from typing_extensions import override

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s%(request)s"


def set_up(level: str, form: str) -> None:
    """Log to stderr from now on; `form` is text or json."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if form == "json" else logging.Formatter(_TEXT))
    handler.addFilter(_with_request)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _with_request(record: logging.LogRecord) -> bool:
    """Add the id of the request that is being answered."""
    found = request_id.get()
    record.request_id = found
    record.request = f" [{found}]" if found else ""
    return True


class _Json(logging.Formatter):
    """One object a line: time, level, logger, message, request_id, what else was said, error."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", None),
            **getattr(record, "said", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        known = {name: value for name, value in line.items() if value is not None}
        return msgspec.json.encode(known).decode()
