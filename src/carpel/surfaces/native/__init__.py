"""Carpel's own API, under /api/v1."""

from .door import NativeDoor

__all__ = ["NativeDoor"]
