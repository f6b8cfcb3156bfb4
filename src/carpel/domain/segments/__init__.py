"""Segments: named rules, and who fits them now."""

from carpel.engine.builds import Progress
from carpel.engine.tracked import Count
from carpel.query.problems import Problem as QueryProblem
from carpel.query.schema import document_schema

from .assistant import Assistant
from .dialects import written_tree
from .model import Definition, Preview, Segment
from .service import BadQuery, Segments

__all__ = [
    "Assistant",
    "BadQuery",
    "Count",
    "Definition",
    "Preview",
    "Progress",
    "QueryProblem",
    "Segment",
    "Segments",
    "document_schema",
    "written_tree",
]
