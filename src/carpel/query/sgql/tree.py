"""SGQL as the tree that `query_json` shows.

The shape `{"op", "l", "r"}` over leaves `{"v", "t"}` and `{"v", "t", "args"}` is the old
specification's (contracts/sendgrid.md §1.2); the names of types and of unary forms are inferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from carpel.kit.numbers import plain
from carpel.query import nodes
from carpel.query.problems import Complaints

from .parse import parse_sgql

Json = dict[str, Any]


def sgql_tree(text: str) -> Json:
    """`{"contacts": node}`.

    Raises:
        Refused: the text is no SGQL.
    """
    complaints = Complaints()
    condition = parse_sgql(text, complaints)
    complaints.raise_if_any()
    return {"contacts": _condition(condition)}


def _condition(condition: nodes.Condition) -> Json:
    match condition:
        case nodes.Logic():
            return _halved(condition.word, [_condition(part) for part in condition.parts])
        case nodes.Not():
            return {"op": "not", "r": _condition(condition.part)}
        case nodes.Comparison():
            return _node(condition.operator, _value(condition.left), _value(condition.right))
        case nodes.Between():
            ends = _node("and", _value(condition.low), _value(condition.high))
            return _node(_not(condition.negated) + "between", _value(condition.value), ends)
        case nodes.In():
            options = {"v": [_value(item)["v"] for item in condition.items], "t": "list"}
            return _node(_not(condition.negated) + "in", _value(condition.value), options)
        case nodes.Like():
            pattern = {"v": _written_pattern(condition.pattern), "t": "string"}
            return _node(_not(condition.negated) + "like", _value(condition.value), pattern)
        case nodes.IsNull():
            return _is(condition.value, "null", "null", negated=condition.negated)
        case nodes.IsTruth():
            truth = "true" if condition.truth else "false"
            return _is(condition.value, truth, "bool", negated=condition.negated)
        case nodes.Bare():
            return _value(condition.value)
        case nodes.InSelect() | nodes.InSegment():
            raise TypeError("SGQL cannot say this")


def _halved(word: str, parts: Sequence[Json]) -> Json:
    """Parts joined two by two: a long row of them is no deep tree."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) - 1 if len(parts) < 16 else len(parts) // 2  # noqa: PLR2004
    return _node(word, _halved(word, parts[:middle]), _halved(word, parts[middle:]))


def _value(value: nodes.Expression) -> Json:
    match value:
        case nodes.Value():
            return _constant(value.value)
        case nodes.Name():
            parts = (
                ("event_data", *value.parts[1:]) if value.parts[0] == "properties" else value.parts
            )
            return {"v": ".".join(parts), "t": "ident"}
        case nodes.Call():
            name = value.function.lower()
            name = "contains" if name == "array_contains" else name
            return {"v": name, "t": "func", "args": [_value(item) for item in value.arguments]}
        case nodes.Math():
            return _node(value.operator, _value(value.left), _value(value.right))
        case nodes.Interval():
            return {"v": f"{plain(value.amount)} {value.unit.lower()}", "t": "interval"}
        case nodes.Timestamp():
            return {"v": value.text, "t": "timestamp"}
        case nodes.Array():
            return {"v": [_value(item)["v"] for item in value.items], "t": "list"}
        case nodes.Star():
            return {"v": "*", "t": "ident"}


def _constant(value: str | Decimal | bool | None) -> Json:  # noqa: FBT001
    if value is None:
        return {"v": "null", "t": "null"}
    if isinstance(value, bool):
        return {"v": "true" if value else "false", "t": "bool"}
    if isinstance(value, Decimal):
        return {"v": plain(value), "t": "number"}
    return {"v": value, "t": "string"}


def _written_pattern(pattern: nodes.Expression) -> str:
    """A pattern as it was written, `%%` for a plain percent sign."""
    text = pattern.value if isinstance(pattern, nodes.Value) else ""
    text = text if isinstance(text, str) else ""
    return text.replace("\\%", "%%").replace("\\_", "_").replace("\\\\", "\\")


def _is(value: nodes.Expression, what: str, kind: str, *, negated: bool) -> Json:
    return _node("is not" if negated else "is", _value(value), {"v": what, "t": kind})


def _node(operator: str, left: Json, right: Json) -> Json:
    return {"op": operator, "l": left, "r": right}


def _not(negated: bool) -> str:  # noqa: FBT001
    return "not " if negated else ""
