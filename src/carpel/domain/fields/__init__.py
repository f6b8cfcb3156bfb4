"""Fields: what can be known of a contact, each of one type."""

from . import objects
from .inference import TypeGuess, type_of_json
from .model import CUSTOM_FROM, RESERVED, Field, FieldType
from .objects import BadValue
from .service import Fields
from .values import CONVERTERS, Stored, from_json, from_text, to_json

__all__ = [
    "CONVERTERS",
    "CUSTOM_FROM",
    "RESERVED",
    "BadValue",
    "Field",
    "FieldType",
    "Fields",
    "Stored",
    "TypeGuess",
    "from_json",
    "from_text",
    "objects",
    "to_json",
    "type_of_json",
]
