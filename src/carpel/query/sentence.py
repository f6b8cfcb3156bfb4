"""The meaning as a sentence in the language that the catalogue's people read."""

from __future__ import annotations

from . import meaning as m
from .catalogue import Catalogue
from .english import English
from .french import French


def sentence(condition: m.Condition, catalogue: Catalogue) -> str:
    """One sentence without a full stop, its first letter large."""
    speaker = French(catalogue) if catalogue.language() == "fr" else English(catalogue)
    text = speaker.condition(condition)
    return text[:1].upper() + text[1:]
