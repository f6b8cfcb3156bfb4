"""Plans of the benchmarks' segments as Carpel SQL, as users write it."""

from __future__ import annotations

from decimal import Decimal

from carpel.engine import plan as p
from carpel.kit.clock import DAY


def text(plan: p.Plan) -> str:
    """The predicate; lists are called `list1`, `list2` and so on."""
    match plan:
        case p.All(parts=parts):
            return " AND ".join(f"({text(part)})" for part in parts)
        case p.AnyOf(parts=parts):
            return " OR ".join(f"({text(part)})" for part in parts)
        case p.ListTest(list=number, negated=negated):
            return f"{'NOT ' if negated else ''}array_contains(list_ids, 'list{number}')"
        case p.ValueTest():
            return _value_test(plan)
        case p.EventTest(where=where, having=having, negated=negated):
            assert isinstance(where, p.All)
            asked = " AND ".join(_row_test(part) for part in where.parts)
            chosen = f"SELECT contact_id FROM event_data WHERE {asked}{_having(having)}"
            return f"contact_id {'NOT ' if negated else ''}IN ({chosen})"
        case other:
            raise AssertionError(other)


def _row_test(part: p.Tree[p.RowLeaf]) -> str:
    assert isinstance(part, p.ValueTest)
    return _value_test(part)


def _having(having: p.Tree[p.AggregateTest] | None) -> str:
    if having is None:
        return ""
    assert isinstance(having, p.AggregateTest)
    assert isinstance(having.test, p.Compare)
    made = "COUNT(*)" if having.of is None else f"SUM({_seen(having.of)})"
    return f" GROUP BY contact_id HAVING {made} {having.test.operator} {having.test.constant}"


def _value_test(leaf: p.ValueTest) -> str:
    name = _seen(leaf.operand.seen)
    match leaf.test:
        case p.Compare(operator=operator, constant=constant):
            return f"{name} {operator} {_constant(constant)}"
        case p.OneOf(constants=constants):
            return f"{name} IN ({', '.join(map(_constant, constants))})"
        case other:
            raise AssertionError(other)


def _seen(seen: p.Seen) -> str:
    match seen:
        case p.Column(name=name):
            return name
        case p.EventColumn(name="type"):
            return "event_type"
        case p.EventColumn(name="happened_at"):
            return "timestamp"
        case p.Property(path=path):
            return f"properties.{'.'.join(path)}"
        case other:
            raise AssertionError(other)


def _constant(constant: p.Constant) -> str:
    match constant:
        case bool():
            return "TRUE" if constant else "FALSE"
        case str():
            return f"'{constant}'"
        case Decimal():
            return f"{constant:f}"
        case p.Moving(months=0, microseconds=back):
            days, rest = divmod(-back, DAY)
            assert not rest
            return f"NOW() - INTERVAL '{days}' DAY"
        case other:
            raise AssertionError(other)
