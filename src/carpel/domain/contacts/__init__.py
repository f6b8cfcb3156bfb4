"""Contacts: people, known by one or more identifiers."""

from .checker import TYPE_FOR, Checker, Draft, DraftChange, WriteRefused, normal_email
from .model import IDENTIFIERS, Contact, IdentifierKind, Write
from .service import Contacts

__all__ = [
    "IDENTIFIERS",
    "TYPE_FOR",
    "Checker",
    "Contact",
    "Contacts",
    "Draft",
    "DraftChange",
    "IdentifierKind",
    "Write",
    "WriteRefused",
    "normal_email",
]
