"""Braze's door: its REST API as contracts and recordings have it."""

from .door import BrazeDoor

__all__ = ["BrazeDoor"]
