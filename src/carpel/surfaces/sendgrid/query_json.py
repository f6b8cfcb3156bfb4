"""`query_json`: a segment's rules as a binary tree (contracts/sendgrid.md §1.2).

The shape is the old specification's; no example of it was ever published. The names of types are
ours.
"""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import Any

Json = Any


def tree(document: Json) -> dict[str, Json]:
    """The tree of a document of rules."""
    return {"contacts": _node(document)}


def _node(document: Json) -> Json:
    match document:
        case {"all": [*parts]}:
            return _chain("and", parts)
        case {"any": [*parts]}:
            return _chain("or", parts)
        case {"not": part}:
            return {"op": "not", "r": _node(part)}
        case {"everyone": _}:
            return {"v": "true", "t": "bool"}
        case {"in_lists": ids}:
            return _call("contains", [{"v": "list_ids", "t": "ident"}, {"v": ids, "t": "list"}])
        case {"events": dict() as events}:
            parts = [_node(events[part]) for part in ("where", "having") if part in events]
            return _call("events", parts)
        case {"op": str() as word}:
            return _test(word, document)
        case _:
            return _leaf(document)


def _chain(word: str, parts: list[Json]) -> Json:
    if not parts:
        return {"v": "true" if word == "and" else "false", "t": "bool"}
    nodes = [_node(part) for part in parts]
    return reduce(lambda left, right: {"op": word, "l": left, "r": right}, nodes)


def _test(word: str, document: dict[str, Json]) -> Json:
    left = _leaf(document.get("left"))
    match document:
        case {"right": right}:
            return {"op": word, "l": left, "r": _leaf(right)}
        case {"low": low, "high": high}:
            return {"op": word, "l": left, "r": {"op": "and", "l": _leaf(low), "r": _leaf(high)}}
        case {"values": [*values]}:
            return {"op": word, "l": left, "r": {"v": [_text(one) for one in values], "t": "list"}}
        case {"pattern": str() as pattern}:
            return {"op": word, "l": left, "r": {"v": pattern, "t": "string"}}
        case _:
            operator, _, rest = word.rpartition(" ")
            return {"op": operator or word, "l": left, "r": {"v": rest, "t": "null"}}


def _leaf(value: Json) -> Json:
    match value:
        case bool():
            return {"v": _text(value), "t": "bool"}
        case int() | Decimal():
            return {"v": _text(value), "t": "number"}
        case str():
            return {"v": value, "t": "string"}
        case None:
            return {"v": "null", "t": "null"}
        case {"field": str() as name} | {"event": str() as name}:
            return {"v": name, "t": "ident"}
        case {"property": [*path]}:
            return {"v": ".".join(map(str, path)), "t": "ident"}
        case {"timestamp": str() as text}:
            return {"v": text, "t": "timestamp"}
        case {"interval": dict() as length}:
            unit, amount = next(iter(length.items()))
            return {"v": f"{_text(amount)} {unit}", "t": "interval"}
        case {"now": _}:
            return _call("now", [])
        case {"math": str() as sign, "left": left, "right": right}:
            return {"op": sign, "l": _leaf(left), "r": _leaf(right)}
        case {"function": str() as name} | {"aggregate": str() as name}:
            return _call(name, [_leaf(value["of"])] if "of" in value else [])
        case _:
            return {"v": _text(value), "t": "string"}


def _call(name: str, arguments: list[Json]) -> Json:
    return {"v": name, "t": "func", "args": arguments}


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
