"""The meaning as a JSON document; document_reader goes back. Both keep everything but places."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from . import meaning as m

Json = Any


def write(condition: m.Condition) -> dict[str, Json]:
    """The document of a condition."""
    match condition:
        case m.Everyone():
            return {"everyone": True}
        case m.Both():
            return {"all": [write(part) for part in condition.parts]}
        case m.Either():
            return {"any": [write(part) for part in condition.parts]}
        case m.Not():
            return {"not": write(condition.part)}
        case m.InLists():
            return {"in_lists": list(condition.lists)}
        case m.InSegments():
            return {"in_segments": list(condition.segments)}
        case m.Sequence():
            then = [_write_then(one) for one in condition.then]
            return {"sequence": {"first": write(condition.first), "then": then}}
        case m.Events():
            found: dict[str, Json] = {}
            if condition.where is not None:
                found["where"] = write(condition.where)
            if condition.having is not None:
                found["having"] = write(condition.having)
            return {"events": found}
        case _:
            return _write_test(condition)


def _write_then(then: m.Then) -> dict[str, Json]:
    within = {} if then.within is None else {"within": _write(then.within)}
    return {"where": write(then.where), **within}


def _write_test(test: m.Condition) -> dict[str, Json]:
    match test:
        case m.Compare():
            return {"op": test.operator, "left": _write(test.left), "right": _write(test.right)}
        case m.Between():
            return {"op": _not(test.negated) + "between", "left": _write(test.value),
                    "low": _write(test.low), "high": _write(test.high)}  # fmt: skip
        case m.OneOf():
            return {"op": _not(test.negated) + "in", "left": _write(test.value),
                    "values": [option.value for option in test.options]}  # fmt: skip
        case m.Like():
            word = "ilike" if test.ignore_case else "like"
            return {"op": _not(test.negated) + word, "left": _write(test.value),
                    "pattern": test.pattern}  # fmt: skip
        case m.Regexp():
            case = {"ignore_case": True} if test.ignore_case else {}
            return {"op": "regexp", "left": _write(test.value), "pattern": test.pattern, **case}
        case m.Missing():
            return {"op": "is not null" if test.negated else "is null", "left": _write(test.value)}
        case m.Contains():
            return {"op": "contains", "left": _write(test.value),
                    "values": [member.value for member in test.members]}  # fmt: skip
        case _:
            raise TypeError(f"{type(test).__name__} is no test")


def _write(value: m.Value) -> Json:
    match value:
        case m.Constant():
            return value.value
        case m.Timestamp():
            return {"timestamp": value.text}
        case m.Now():
            return {"now": True}
        case m.Duration():
            if value.months:
                return {"interval": {"months": value.months}}
            return {"interval": {"seconds": Decimal(value.microseconds) / 1_000_000}}
        case m.Field():
            return {"field": value.name}
        case m.EventColumn():
            return {"event": value.name}
        case m.Property():
            return {"property": list(value.path)}
        case m.Function():
            return {"function": value.name, "of": _write(value.value)}
        case m.StartOf():
            return {"start_of": value.unit, **_if("shift", value.shift, 0), **_zone(value.zone)}
        case m.DaysToAnniversary():
            return {"days_to_anniversary": _write(value.value), **_zone(value.zone)}
        case m.Bucket():
            return {"random_bucket": value.buckets, **_if("salt", value.salt, "")}
        case m.Concat():
            return {"concat": [_write(part) for part in value.parts]}
        case m.Math():
            return {
                "math": value.operator,
                "left": _write(value.left),
                "right": _write(value.right),
            }
        case m.Aggregate():
            of = {} if value.value is None else {"of": _write(value.value)}
            return {"aggregate": value.name, **of}


def _zone(zone: str) -> dict[str, Json]:
    return _if("zone", zone, "UTC")


def _if(key: str, value: Json, usual: Json) -> dict[str, Json]:
    """The key with its value, unless that is the usual one."""
    return {} if value == usual else {key: value}


def _not(negated: bool) -> str:  # noqa: FBT001
    return "not " if negated else ""
