"""Exact numbers: decimals with at most 18 digits before the point and 12 after."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

WHOLE_DIGITS = 18
DECIMALS = 12

_LIMIT = Decimal(10) ** WHOLE_DIGITS
_QUANTUM = Decimal(1).scaleb(-DECIMALS)
# Wide enough for sums and products of any two numbers, digit for digit.
EXACT = Context(prec=4 * (WHOLE_DIGITS + DECIMALS))
_CONTEXT = Context(prec=WHOLE_DIGITS + DECIMALS + 2, rounding=ROUND_HALF_EVEN)


class NumberOutOfRange(ValueError):
    """A number has more than 18 digits before the point, or is not finite."""


def exact(value: Decimal | int | str) -> Decimal:
    """The number as it is kept: rounded half-even to 12 decimals.

    Raises:
        NumberOutOfRange: at 10^18 and beyond, for NaN and for infinities.
        ValueError: when a text is not a number.
    """
    try:
        number = value if isinstance(value, Decimal) else Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a number") from error
    if not number.is_finite() or number.copy_abs() >= _LIMIT:  # abs() would round, and overflow
        raise NumberOutOfRange(f"{value} is outside ±10^{WHOLE_DIGITS}")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMALS:
        number = number.quantize(_QUANTUM, context=_CONTEXT)
        if number.copy_abs() >= _LIMIT:
            raise NumberOutOfRange(f"{value} is outside ±10^{WHOLE_DIGITS}")
    return number


def from_text(text: str) -> Decimal:
    """A number as written; one beyond what decimals can be is infinite, which `exact` refuses."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")


def plain(number: Decimal) -> str:
    """The one canonical text of a number: no exponent, no trailing zeros, no minus zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def canonical(value: Decimal | int) -> str:
    """`plain(exact(value))`, quickly for the numbers that people have.

    Raises:
        NumberOutOfRange: as `exact`.
    """
    if isinstance(value, int):
        text = str(value)
        if len(text) <= WHOLE_DIGITS:
            return text
    else:
        text = str(value)
        point = text.find(".")
        if (
            point < 0
            and len(text) <= WHOLE_DIGITS
            and text.lstrip("-").isdigit()
            and text[-2:] != "-0"
        ):
            return text
        if 0 < point <= WHOLE_DIGITS and len(text) - point <= DECIMALS and "E" not in text:
            return plain(value) if text[-1] == "0" else text
    return plain(exact(value))
