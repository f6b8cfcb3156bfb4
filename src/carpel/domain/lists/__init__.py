"""Lists: named groups that contacts are put into by hand or by import."""

from .service import List, Lists

__all__ = ["List", "Lists"]
