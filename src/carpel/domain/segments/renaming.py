"""Rules that follow a field to its new name.

The text is changed word by word and understood anew. It is kept only when it means what it meant;
otherwise the rules stay as they are, and say that the field is gone.
"""

from __future__ import annotations

import re
from typing import Any

from carpel.domain.refusals import Refusal
from carpel.domain.workspaces import Workspace

from .dialects import Dialect
from .model import Definition, Segment
from .service import Segments

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Texts stay as they are; in SGQL double quotes hold texts too.
_WORDS = re.compile(
    r"'(?:''|\\.|[^'\\])*'|\"(?:\"\"|\\.|[^\"\\])*\"|`[^`]*`|[A-Za-z_][A-Za-z0-9_]*|.", re.DOTALL
)


def follow_rename(segments: Segments, workspace: Workspace, old: str, new: str) -> list[Segment]:
    """Let the rules that named a field by its old name use the new one; returns those changed.

    To be called when the field has its new name, before `Segments.recheck`.
    """
    changed = []
    for segment in segments.list_of(workspace, archived=None):
        wanted = _renamed(segment.document, old, new)
        if wanted == segment.document:
            continue
        text = _rewritten(segment.sql, segment.dialect, old, new)
        definition = Definition(sql=text, dialect=segment.dialect)
        try:
            compiled, _ = segments.compile(workspace, definition)
            if compiled.document == wanted:
                changed.append(segments.edit(workspace, segment, definition))
        except Refusal:
            continue  # it is left to say so itself
    return changed


def _renamed(document: Any, old: str, new: str) -> Any:
    """A document that names another field."""
    match document:
        case {"field": str() as name} if name.lower() == old.lower():
            return {**document, "field": new}
        case dict():
            return {key: _renamed(part, old, new) for key, part in document.items()}
        case list():
            return [_renamed(part, old, new) for part in document]
        case _:
            return document


def _rewritten(text: str, dialect: Dialect, old: str, new: str) -> str:
    """The text with each name that reads like the old one replaced."""
    quote = "`" if dialect == "sgql" else '"'
    shown = new if _PLAIN.fullmatch(new) else f"{quote}{new}{quote}"
    names = {old.lower(), f"{quote}{old}{quote}".lower()}
    return "".join(shown if word.lower() in names else word for word in _WORDS.findall(text))
