"""The catalogue: workspaces, keys, fields, lists and segments, in SQLite.

Each room of the domain keeps its own tables here, through its repository.
"""

from __future__ import annotations

from pathlib import Path

from .sqlite import Database


class Catalogue(Database):
    """The small relational store; a commit is on disk when it returns."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, "catalogue", "FULL")
