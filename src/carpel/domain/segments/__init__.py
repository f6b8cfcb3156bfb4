"""Segments: named rules, and who fits them now."""

from .model import Definition, Preview, Segment
from .service import BadQuery, Segments

__all__ = ["BadQuery", "Definition", "Preview", "Segment", "Segments"]
