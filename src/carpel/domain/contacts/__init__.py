"""Contacts: people, known by one or more identifiers."""

from .model import IDENTIFIERS, Contact, IdentifierKind, Write
from .service import Checker, Contacts, Draft, DraftChange, WriteRefused

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
