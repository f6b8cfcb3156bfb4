"""Operators in attributes: what to do to a value that is there (contracts/braze.md §4.3).

`{"inc": 1}`; `{"add": […], "remove": […]}` for arrays of texts, with or without `$`; and for arrays of
objects `$add`, `$update` and `$remove`, where `$identifier_key` and `$identifier_value` say which.
They are worked out when they are applied, so that none is lost among simultaneous requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from carpel.domain.contacts import TYPE_FOR, DraftChange
from carpel.domain.fields import FieldType

_WORDS = ("add", "update", "remove")
_KEY, _VALUE, _MEMBERS = "$identifier_key", "$identifier_value", "$new_object"


def is_one(value: Any) -> bool:
    """Whether a value is an operation and not data."""
    if not isinstance(value, Mapping) or not value:
        return False
    if set(value) == {"inc"}:
        return isinstance(value["inc"], int | Decimal)
    return all(
        name.removeprefix("$") in _WORDS and isinstance(items, list)
        for name, items in value.items()
    )


def changes(field: str, value: Mapping[str, Any]) -> list[DraftChange]:
    """The changes that an operation stands for, in a fixed order: add, update, remove.

    Raises:
        ValueError: it makes no sense.
    """
    if "inc" in value:
        if isinstance(value["inc"], bool):
            raise ValueError("a number is wanted to increment by")
        return [DraftChange(field, "add", value["inc"])]
    found = []
    for word in _WORDS:
        items = value.get(word, value.get(f"${word}"))
        if items:
            found.append(_change(field, word, items))
    if not found:
        raise ValueError("the operation has no items")
    if len({TYPE_FOR[one.how] for one in found}) > 1:
        raise ValueError("texts and objects do not go together")
    return found


def type_for(found: list[DraftChange]) -> FieldType:
    """The type of the field that these changes are for."""
    return TYPE_FOR[found[0].how]


def texts(items: list[Any]) -> list[str]:
    """Members of an array of texts; numbers and booleans become text.

    Raises:
        ValueError: one is something else.
    """
    found = []
    for item in items:
        if isinstance(item, bool):
            found.append("true" if item else "false")
        elif isinstance(item, str | int | Decimal):
            found.append(str(item))
        else:
            raise ValueError("an array holds texts, or nothing but objects")  # noqa: TRY004
    return found


def plain(value: Any) -> Any:
    """Nested data with `{"$time": …}` as the time itself.

    Raises:
        ValueError: a key begins with $ or has a dot, which Braze does not take (braze.md §7.2).
    """
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"$time"} and isinstance(value["$time"], str):
        return value["$time"]
    for name in value:
        if name.startswith("$") or "." in name:
            raise ValueError(f"the key '{name}' may not begin with $ or have a dot")
    return {name: plain(inner) for name, inner in value.items()}


def _change(field: str, word: str, items: list[Any]) -> DraftChange:
    if not any(isinstance(item, Mapping) for item in items):
        if word == "update":
            raise ValueError("$update is for arrays of objects")
        return DraftChange(field, "append" if word == "add" else "leave", texts(items))
    if not all(isinstance(item, Mapping) for item in items):
        raise ValueError("an array holds texts, or nothing but objects")
    if word == "add":
        return DraftChange(field, "extend", plain(items))
    if word == "remove":
        return DraftChange(field, "drop", [_which(item) for item in items])
    return DraftChange(field, "amend", [[*_which(item), _members(item)] for item in items])


def _which(item: Mapping[str, Any]) -> list[Any]:
    key = item.get(_KEY)
    if not isinstance(key, str) or _VALUE not in item:
        raise ValueError(f"{_KEY} and {_VALUE} are wanted")
    return [key, item[_VALUE]]


def _members(item: Mapping[str, Any]) -> Any:
    members = item.get(_MEMBERS)
    if not isinstance(members, Mapping):
        raise ValueError(f"{_MEMBERS} is wanted")  # noqa: TRY004  (one error for all that is wrong)
    return plain(members)
