"""Repeats: a request sent again with the same idempotency key gets the answer of the first one."""

from .service import Answer, KeyReused, Repeats, StillRunning

__all__ = ["Answer", "KeyReused", "Repeats", "StillRunning"]
