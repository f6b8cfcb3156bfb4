"""Carpel's own API, under /api/v1, and the way in for analytics SDKs at /v1."""

from .collecting import COLLECTED
from .door import NativeDoor

__all__ = ["COLLECTED", "NativeDoor"]
