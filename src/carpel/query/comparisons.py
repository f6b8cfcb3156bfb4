"""Comparisons lowered: numbers to thresholds, dates to instants, the rest to tests."""

from __future__ import annotations

from dataclasses import replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import TypeAlias

from carpel.engine import plan as p
from carpel.kit.instants import EARLIEST, LATEST, parse_instant
from carpel.kit.numbers import DECIMALS, plain

from . import meaning as m, moments, polynomials
from .catalogue import Catalogue
from .moments import CannotKeep, Moment
from .types import as_date, type_of

Test: TypeAlias = p.Tree[p.ValueTest | p.PairTest | p.FormulaTest]

OPPOSITE: dict[p.Operator, p.Operator] = {
    "=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
}  # fmt: skip
MIRRORED: dict[p.Operator, p.Operator] = {
    "=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<=",
}  # fmt: skip
_EVENT_COLUMNS: dict[m.EventColumnName, p.EventColumn] = {
    "event_type": p.EventColumn("type", "text"),
    "event_source": p.EventColumn("source", "text"),
    "timestamp": p.EventColumn("happened_at", "date"),
    "event_id": p.EventColumn("event_id", "text"),
}
_EXACT = Context(prec=60)
_BEYOND = 10**26  # no kept number and no sum of them comes near


class Comparisons:
    """Turns two values and an operator into a test that holds where the comparison is true."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def compare(self, operator: p.Operator, left: m.Value, right: m.Value) -> Test:
        """The test.

        Raises:
            CannotKeep: it cannot be followed exactly as time moves.
        """
        kind = self.common_kind(left, right)
        if kind in ("date", "duration"):
            return self._dates(operator, left, right)
        if kind == "number":
            try:
                return self._numbers(operator, left, right)
            except polynomials.TooLong:
                raise CannotKeep("this arithmetic is too long to be exact") from None
        return self._plain(operator, left, right, kind)

    def common_kind(self, left: m.Value, right: m.Value) -> m.Type:
        """The type both sides are compared as."""
        one, other = type_of(left, self._catalogue), type_of(right, self._catalogue)
        if "date" in (one, other):
            return "date"
        return other if one == "any" else one

    def operand(self, value: m.Value, kind: m.Type) -> p.Operand:
        """A value seen, with the steps on it."""
        match value:
            case m.Field():
                known = self._catalogue.find_field(value.name)
                assert known is not None, "check() lets only known fields pass"  # noqa: S101
                return p.Operand(p.Column(known.column, _kind(known.type)))
            case m.EventColumn():
                return p.Operand(_EVENT_COLUMNS[value.name])
            case m.Property():
                return p.Operand(p.Property(value.path, "any" if kind == "any" else _kind(kind)))
            case m.Function():
                inner = self.operand(value.value, "text")
                return p.Operand(inner.seen, (*inner.steps, value.name))
            case m.DaysToAnniversary():
                inner = self.operand(value.value, "date")
                return p.Operand(inner.seen, (*inner.steps, p.DaysToAnniversary(value.zone)))
            case m.Bucket():
                known = self._catalogue.find_field("contact_id")
                assert known is not None, "every workspace has it"  # noqa: S101
                bucket = p.Bucket(value.buckets, value.salt)
                return p.Operand(p.Column(known.column, "text"), (bucket,))
            case m.Concat():
                return p.Operand(p.Joined(tuple(map(self._joined, value.parts))))
            case m.Math(operator="%"):
                return self._remainder(value)
            case _:
                raise CannotKeep("this value cannot be looked at by itself")

    def _joined(self, part: m.Value) -> p.Operand | str:
        """A part of a text put together."""
        if isinstance(part, m.Constant):
            assert isinstance(part.value, str), "check() lets only texts pass"  # noqa: S101
            return part.value
        return self.operand(part, "text")

    # ------------------------------------------------------------ text, booleans

    def _plain(self, operator: p.Operator, left: m.Value, right: m.Value, kind: m.Type) -> Test:
        if isinstance(left, m.Constant) and isinstance(right, m.Constant):
            return truth(p.HOLDS[operator](left.value, right.value))
        if isinstance(left, m.Constant):
            return self._plain(MIRRORED[operator], right, left, kind)
        operand = self.operand(left, kind)
        if isinstance(right, m.Constant):
            value = right.value
            assert value is not None and not isinstance(value, Decimal)  # noqa: PT018, S101
            return p.ValueTest(operand, p.Compare(operator, value))
        return p.PairTest(operand, operator, self.operand(right, kind))

    # -------------------------------------------------------------------- numbers

    def _numbers(self, operator: p.Operator, left: m.Value, right: m.Value) -> Test:
        quotient = polynomials.add(self._quotient(left), self._quotient(right), -1)
        below = polynomials.tidy(quotient.below, set())
        above = polynomials.tidy(quotient.above, polynomials.seen(below))
        if polynomials.is_constant(below):
            divisor = polynomials.value_of(below)
            if not divisor:
                return p.NoOne()  # divided by zero: there is no value
            return _sign(above, operator if divisor > 0 else MIRRORED[operator])
        return p.AnyOf((
            p.All((_sign(below, ">"), _sign(above, operator))),
            p.All((_sign(below, "<"), _sign(above, MIRRORED[operator]))),
        ))  # fmt: skip

    def _quotient(self, value: m.Value) -> polynomials.Quotient:
        if isinstance(value, m.Constant):
            assert isinstance(value.value, Decimal)  # noqa: S101
            return polynomials.constant(Fraction(value.value))
        if not isinstance(value, m.Math) or value.operator == "%":
            return polynomials.operand(self.operand(value, "number"))
        left, right = self._quotient(value.left), self._quotient(value.right)
        match value.operator:
            case "+":
                return polynomials.add(left, right)
            case "-":
                return polynomials.add(left, right, -1)
            case "*":
                return polynomials.multiply(left, right)
            case "/":
                return polynomials.divide(left, right)

    def _remainder(self, value: m.Math) -> p.Operand:
        hint = "write column % 10"
        divisor = self._quotient(value.right)
        if isinstance(value.left, m.Constant | m.Math) or polynomials.seen(
            divisor.above | divisor.below
        ):
            raise CannotKeep("% takes a column and a constant", hint)
        above, below = polynomials.value_of(divisor.above), polynomials.value_of(divisor.below)
        exact = kept_decimal(above / below) if below else None
        if not exact:
            raise CannotKeep("this divisor cannot be used exactly", hint)
        inner = self.operand(value.left, "number")
        return p.Operand(inner.seen, (*inner.steps, p.Remainder(exact)))

    # ---------------------------------------------------------------------- dates

    def _dates(self, operator: p.Operator, left: m.Value, right: m.Value) -> Test:
        return self._gap(operator, moments.difference(self.moment(left), self.moment(right)))

    def date_test(self, operand: p.Operand, operator: p.Operator, right: m.Value) -> Test:
        """A date compared with a value."""
        date = Moment(dates={operand: 1})
        return self._gap(operator, moments.difference(date, self.moment(right)))

    def _gap(self, operator: p.Operator, gap: Moment) -> Test:
        """What lies between two dates, compared with nothing."""
        gap = replace(gap, starts={start: times for start, times in gap.starts.items() if times})
        if any(gap.dates.values()):
            left = {date: factor for date, factor in gap.dates.items() if factor}
            test = self._dated_gap(operator, replace(gap, dates=left))
        elif gap.now or gap.months or gap.starts:
            raise CannotKeep("this compares NOW() with a constant; it says nothing of anyone")
        else:
            test = truth(p.HOLDS[operator](gap.microseconds, 0))
        gone = [date for date, factor in gap.dates.items() if not factor]
        there = tuple(p.ValueTest(date, p.Missing(negated=True)) for date in gone)
        return p.All((test, *there)) if there and not isinstance(test, p.NoOne) else test

    def _dated_gap(self, operator: p.Operator, gap: Moment) -> Test:
        factors = sorted(gap.dates.values())
        if len(factors) == 1 and abs(factors[0]) == 1:
            return _calendar_threshold(operator, gap) if gap.starts else _threshold(operator, gap)
        if gap.now or gap.months or gap.starts:
            raise CannotKeep(
                "this ties several dates to NOW(), which cannot be kept exact as time moves"
            )
        if factors == [-1, 1] and not gap.microseconds:
            (later,) = (date for date, factor in gap.dates.items() if factor == 1)
            (earlier,) = (date for date, factor in gap.dates.items() if factor == -1)
            return p.PairTest(later, operator, earlier)
        terms = [p.Term(factor, (date,)) for date, factor in gap.dates.items()]
        return p.FormulaTest((*terms, p.Term(gap.microseconds, ())), operator)

    def moment(self, value: m.Value) -> Moment:
        """A date or a length of time as a sum."""
        match value:
            case m.Constant():
                instant = as_date(value)
                assert instant is not None, "check() lets only dates pass"  # noqa: S101
                return Moment(instant)
            case m.Timestamp():
                instant = parse_instant(value.text)
                assert instant is not None, "check() lets only dates pass"  # noqa: S101
                return Moment(instant)
            case m.Now():
                return Moment(now=1)
            case m.StartOf():
                return Moment(starts={p.CalendarStart(value.unit, value.shift, value.zone): 1})
            case m.Duration():
                return Moment(value.microseconds, months=value.months)
            case m.Math():
                return self._moved(value)
            case _:
                return Moment(dates={self.operand(value, "date"): 1})

    def _moved(self, value: m.Math) -> Moment:
        left, right = self.moment(value.left), self.moment(value.right)
        sign = 1 if value.operator == "+" else -1
        left_type = type_of(value.left, self._catalogue)
        right_type = type_of(value.right, self._catalogue)
        if right_type == "duration":
            return moments.shift(left, right, sign, point=left_type != "duration")
        if left_type == "duration":
            return moments.shift(right, left, 1, point=True)
        return moments.difference(left, right)


def truth(holds: bool) -> p.Everyone | p.NoOne:  # noqa: FBT001
    """A condition that is the same for all."""
    return p.Everyone() if holds else p.NoOne()


def number_test(
    operand: p.Operand, operator: p.Operator, threshold: Fraction
) -> p.Tree[p.ValueTest]:
    """A number compared with a fraction. Kept numbers are multiples of 10^-12, so a threshold
    between two of them becomes the lower one and a strictness that gives the same answer.
    """
    if abs(threshold) >= _BEYOND:
        below = operator in ("<", "<=", "!=") if threshold > 0 else operator in (">", ">=", "!=")
        return p.ValueTest(operand, p.Missing(negated=True)) if below else p.NoOne()
    exact = kept_decimal(threshold)
    if exact is not None:
        return p.ValueTest(operand, p.Compare(operator, exact))
    if operator == "=":
        return p.NoOne()
    if operator == "!=":
        return p.ValueTest(operand, p.Missing(negated=True))
    scaled = threshold * 10**DECIMALS
    floor = Decimal(scaled.numerator // scaled.denominator).scaleb(-DECIMALS, _EXACT)
    return p.ValueTest(operand, p.Compare(">" if operator in (">", ">=") else "<=", floor))


def kept_decimal(fraction: Fraction) -> Decimal | None:
    """The fraction as a decimal of at most 12 places, None when it has more."""
    scaled = fraction * 10**DECIMALS
    if scaled.denominator != 1:
        return None
    return Decimal(plain(Decimal(scaled.numerator).scaleb(-DECIMALS, _EXACT)))


def _sign(polynomial: polynomials.Polynomial, operator: p.Operator) -> Test:
    """The polynomial compared with zero."""
    if polynomials.is_constant(polynomial):
        return truth(p.HOLDS[operator](polynomials.value_of(polynomial), 0))
    free = {operands: factor for operands, factor in polynomial.items() if operands}
    if len(free) == 1:
        ((operands, factor),) = free.items()
        if len(operands) == 1:
            constant = polynomials.value_of(polynomial)
            if not factor:
                there = p.ValueTest(operands[0], p.Missing(negated=True))
                return there if p.HOLDS[operator](constant, 0) else p.NoOne()
            threshold = -constant / factor
            return number_test(
                operands[0], operator if factor > 0 else MIRRORED[operator], threshold
            )
    return p.FormulaTest(polynomials.terms(polynomial), operator)


def _threshold(operator: p.Operator, gap: Moment) -> Test:
    """One date against a point that is fixed or moves with now."""
    ((date, factor),) = gap.dates.items()
    if gap.now not in (0, -factor):
        raise CannotKeep("NOW() counts more than once here")
    if factor < 0:
        operator = MIRRORED[operator]
    microseconds = -factor * gap.microseconds
    if not gap.now and EARLIEST <= microseconds <= LATEST:
        return p.ValueTest(date, p.Compare(operator, p.Instant(microseconds)))
    if not gap.now:  # no date lies so far out
        beyond = p.HOLDS[operator](0, microseconds)
        return p.ValueTest(date, p.Missing(negated=True)) if beyond else p.NoOne()
    moving = p.Moving(-factor * gap.months, microseconds)
    return p.ValueTest(date, p.Compare(operator, moving))


def _calendar_threshold(operator: p.Operator, gap: Moment) -> Test:
    """One date against the start of one of the calendar's units."""
    ((date, factor),) = gap.dates.items()
    if gap.now or gap.months or list(gap.starts.values()) != [-factor]:
        raise CannotKeep("START_OF(…) stands alone beside a date, or with a fixed length of time")
    (start,) = gap.starts
    operator = MIRRORED[operator] if factor < 0 else operator
    point = replace(start, microseconds=-factor * gap.microseconds)
    return p.ValueTest(date, p.Compare(operator, point))


def _kind(kind: m.Type) -> p.Kind:
    match kind:
        case "text" | "number" | "date" | "boolean" | "text-list":
            return kind
        case _:
            raise CannotKeep("a length of time is not kept in a column")
