"""Lists: named groups that contacts are put into by hand or by import."""

from .repository import List
from .service import Lists

__all__ = ["List", "Lists"]
