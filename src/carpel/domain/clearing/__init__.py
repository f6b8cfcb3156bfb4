"""Clearing: what a deleted field has left behind in contacts is taken out by a job."""

from .service import Clearing

__all__ = ["Clearing"]
