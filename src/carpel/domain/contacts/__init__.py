"""Contacts: people, known by one or more identifiers."""

from .checker import Checker, Draft, DraftChange, WriteRefused
from .model import IDENTIFIERS, Contact, IdentifierKind, Write
from .service import Contacts

__all__ = [
    "IDENTIFIERS",
    "Checker",
    "Contact",
    "Contacts",
    "Draft",
    "DraftChange",
    "IdentifierKind",
    "Write",
    "WriteRefused",
]
