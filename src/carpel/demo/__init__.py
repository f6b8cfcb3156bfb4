"""Generated, plausible data to look at."""

from .contacts import FIELDS, LISTS
from .generate import contacts, events
from .recipe import Recipe
from .segments import EVERYONE, SEGMENTS, TAG, Wanted

__all__ = [
    "EVERYONE",
    "FIELDS",
    "LISTS",
    "SEGMENTS",
    "TAG",
    "Recipe",
    "Wanted",
    "contacts",
    "events",
]
