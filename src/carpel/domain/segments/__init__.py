"""Segments: named rules, and who fits them now."""

from carpel.engine.live import Count

from .model import Definition, Preview, Segment
from .service import BadQuery, Segments

__all__ = ["BadQuery", "Count", "Definition", "Preview", "Segment", "Segments"]
