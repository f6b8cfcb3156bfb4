"""Contacts: people, known by one or more identifiers."""

from .model import IDENTIFIERS, Contact, IdentifierKind, Write
from .service import Contacts, Draft, WriteRefused

__all__ = ["IDENTIFIERS", "Contact", "Contacts", "Draft", "IdentifierKind", "Write", "WriteRefused"]
