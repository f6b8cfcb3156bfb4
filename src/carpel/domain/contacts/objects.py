"""Changes of objects that depend on what is there. All values are JSON text.

- `merge`: an object, whose members replace those of the same name, objects within it likewise; a
  null member goes.
- `extend`: an array of objects that follow those in the array.
- `amend`: an array of `[key, value, members]`: the members replace those of each object in the
  array that has this value under this key.
- `drop`: an array of `[key, value]`: such objects leave the array.
"""

from __future__ import annotations

from typing import Any

from carpel.domain.fields import BadValue, objects

from .model import How


def changed(old: str | None, how: How, value: str) -> str | None:
    """What an object becomes; None when nothing is left. Too large, it stays as it is."""
    there = objects.read(old) if old is not None else None
    given = objects.read(value)
    items = [one for one in there if isinstance(one, dict)] if isinstance(there, list) else []
    new: Any
    match how:
        case "merge":
            new = _merged(there if isinstance(there, dict) else {}, given)
        case "extend":
            new = [*items, *given]
        case "amend":
            new = [_amended(one, given) for one in items]
        case "drop":
            new = [one for one in items if not any(_has(one, key, value) for key, value in given)]
        case _:
            return old
    try:
        return objects.write(new) if new else None
    except BadValue:
        return old


def _merged(there: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    new = dict(there)
    for name, value in given.items():
        old = new.get(name)
        if value is None:
            new.pop(name, None)
        elif isinstance(value, dict):
            new[name] = _merged(old if isinstance(old, dict) else {}, value)
        else:
            new[name] = value
    return new


def _amended(one: dict[str, Any], given: list[Any]) -> dict[str, Any]:
    for key, value, members in given:
        if _has(one, key, value):
            one = _merged(one, members)
    return one


def _has(one: dict[str, Any], key: str, value: Any) -> bool:
    found = one.get(key)
    return found == value and isinstance(found, bool) == isinstance(value, bool)
