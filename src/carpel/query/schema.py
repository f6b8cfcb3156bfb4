"""The JSON Schema of the document, made from the same lists that reading it goes by."""

from __future__ import annotations

from typing import Any, get_args

from . import meaning as m
from .catalogue import MOST_BUCKETS
from .check import MOST_STEPS

Json = dict[str, Any]

_CONDITION: Json = {"$ref": "#/$defs/condition"}
_VALUE: Json = {"$ref": "#/$defs/value"}
_TEXTS: Json = {"type": "array", "items": {"type": "string"}, "minItems": 1}


def document_schema() -> Json:
    """JSON Schema 2020-12; documents that fit it may still be refused for what they name."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:carpel:query-document",
        "title": "A segment's rules",
        "description": "Which contacts are in a segment, as a tree of conditions on them.",
        "$ref": "#/$defs/condition",
        "$defs": {"condition": {"oneOf": _conditions()}, "value": {"oneOf": _values()}, "constant": _constant(),
                  "interval": _interval()},
    }  # fmt: skip


def _conditions() -> list[Json]:
    parts: Json = {"type": "array", "items": _CONDITION, "minItems": 1}
    then = _object({"where": _CONDITION, "within": {"$ref": "#/$defs/interval"}}, "where")
    steps = {"type": "array", "items": then, "minItems": 1, "maxItems": MOST_STEPS}
    return [
        _object({"everyone": {"const": True}}, "everyone"),
        _object({"all": parts}, "all"),
        _object({"any": parts}, "any"),
        _object({"not": _CONDITION}, "not"),
        _object({"in_lists": _TEXTS}, "in_lists"),
        _object({"in_segments": _TEXTS}, "in_segments"),
        _object({"events": _object({"where": _CONDITION, "having": _CONDITION})}, "events"),
        _object(
            {"sequence": _object({"first": _CONDITION, "then": steps}, "first", "then")}, "sequence"
        ),
        *_tests(),
    ]


def _tests() -> list[Json]:
    constants: Json = {"type": "array", "items": {"$ref": "#/$defs/constant"}, "minItems": 1}
    text: Json = {"type": "string"}
    return [
        _test(list(get_args(m.Operator)), right=_VALUE),
        _test(["between", "not between"], low=_VALUE, high=_VALUE),
        _test(["in", "not in", "contains"], values=constants),
        _test(["like", "not like", "ilike", "not ilike"], pattern=text),
        _test(["is null", "is not null"]),
        _object(
            {"op": {"const": "regexp"}, "left": _VALUE, "pattern": text, "ignore_case": {"type": "boolean"}},
            "op", "left", "pattern",
        ),
    ]  # fmt: skip


def _values() -> list[Json]:
    text: Json = {"type": "string"}
    return [
        {"$ref": "#/$defs/constant"},
        {"$ref": "#/$defs/interval"},
        _object({"timestamp": text}, "timestamp"),
        _object({"now": {"const": True}}, "now"),
        _object({"field": text}, "field"),
        _object({"event": {"enum": list(get_args(m.EventColumnName))}}, "event"),
        _object({"property": {"oneOf": [text, _TEXTS]}}, "property"),
        _object({"function": {"enum": list(get_args(m.FunctionName))}, "of": _VALUE}, "function", "of"),
        _object({"concat": {"type": "array", "items": _VALUE, "minItems": 1}}, "concat"),
        _object(
            {"start_of": {"enum": list(get_args(m.CalendarUnit))}, "shift": {"type": "integer"}, "zone": text},
            "start_of",
        ),
        _object({"days_to_anniversary": _VALUE, "zone": text}, "days_to_anniversary"),
        _object(
            {"random_bucket": {"type": "integer", "minimum": 1, "maximum": MOST_BUCKETS}, "salt": text},
            "random_bucket",
        ),
        _object(
            {"math": {"enum": ["+", "-", "*", "/", "%"]}, "left": _VALUE, "right": _VALUE},
            "math", "left", "right",
        ),
        _object({"aggregate": {"enum": list(get_args(m.AggregateName))}, "of": _VALUE}, "aggregate"),
    ]  # fmt: skip


def _constant() -> Json:
    return {"type": ["string", "number", "boolean", "null"]}


def _interval() -> Json:
    months = _object({"months": {"type": "integer"}}, "months")
    seconds = _object({"seconds": {"type": "number"}}, "seconds")
    return _object({"interval": {"oneOf": [months, seconds]}}, "interval")


def _test(operators: list[str], **more: Json) -> Json:
    return _object({"op": {"enum": operators}, "left": _VALUE, **more}, "op", "left", *more)


def _object(properties: Json, *required: str) -> Json:
    found: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | ({"required": list(required)} if required else {})
