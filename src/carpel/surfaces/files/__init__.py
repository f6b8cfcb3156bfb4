"""Links to files: exports fetched, imports sent, whichever door made the link."""

from .door import FilesDoor

__all__ = ["FilesDoor"]
