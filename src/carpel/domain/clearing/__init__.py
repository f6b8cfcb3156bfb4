"""Clearing: what a deleted field has left behind in contacts is taken out by a job."""

from .service import Clearing, forget_field

__all__ = ["Clearing", "forget_field"]
