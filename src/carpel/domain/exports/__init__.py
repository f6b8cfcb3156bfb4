"""Exports: members of a segment, written to a file by a job."""

from .service import FORMATS, Exports, Format

__all__ = ["FORMATS", "Exports", "Format"]
