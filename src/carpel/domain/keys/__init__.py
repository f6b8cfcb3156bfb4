"""Keys: who may do what, through which door, from where."""

from .model import PERMISSIONS, Key
from .service import BadAddress, Keys, MissingPermission, UnknownKey, require

__all__ = ["PERMISSIONS", "BadAddress", "Key", "Keys", "MissingPermission", "UnknownKey", "require"]
