"""Arithmetic on numbers as quotients of polynomials with exact fractions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TypeAlias

from carpel.engine import plan as p

# Operands multiplied together (sorted) → factor. What cancels out stays, with a factor of zero:
# where one of its operands is not there, the whole has no value.
Polynomial: TypeAlias = dict[tuple[p.Operand, ...], Fraction]

ONE: Polynomial = {(): Fraction(1)}

# What the engine calculates stays far within the digits it calculates with.
MOST_PRODUCTS = 2_000
MOST_FACTORS = 40
MOST_BITS = 1_600


class TooLong(Exception):
    """An arithmetic of more terms, factors or digits than are calculated exactly."""


@dataclass(frozen=True)
class Quotient:
    """Above divided by below."""

    above: Polynomial
    below: Polynomial


def constant(value: Fraction) -> Quotient:
    """A plain number."""
    return Quotient({(): value}, ONE)


def operand(value: p.Operand) -> Quotient:
    """A value seen."""
    return Quotient({(value,): Fraction(1)}, ONE)


def add(left: Quotient, right: Quotient, sign: int = 1) -> Quotient:
    """Left + sign · right."""
    above = _sum(_product(left.above, right.below), _product(right.above, left.below), sign)
    return Quotient(above, _product(left.below, right.below))


def multiply(left: Quotient, right: Quotient) -> Quotient:
    """Left · right."""
    return Quotient(_product(left.above, right.above), _product(left.below, right.below))


def divide(left: Quotient, right: Quotient) -> Quotient:
    """Left / right. Below is zero where right is zero, and where right itself has no value."""
    above, below = _product(left.above, right.below), _product(left.below, right.above)
    return Quotient(_product(above, right.below), _product(below, right.below))


def is_constant(polynomial: Polynomial) -> bool:
    """Whether no value seen is in it."""
    return all(not operands for operands in polynomial)


def seen(polynomial: Polynomial) -> set[p.Operand]:
    """The values in it."""
    return {operand for operands in polynomial for operand in operands}


def tidy(polynomial: Polynomial, known: set[p.Operand]) -> Polynomial:
    """Without what cancelled out, where all its values are known to be there by other terms."""
    left = {operands: factor for operands, factor in polynomial.items() if factor}
    known = known | seen(left)
    gone = {operands for operands in polynomial if not known.issuperset(operands)}
    return left | dict.fromkeys(sorted(gone, key=repr), Fraction(0))


def value_of(polynomial: Polynomial) -> Fraction:
    """The value of a constant polynomial."""
    return polynomial.get((), Fraction(0))


def terms(polynomial: Polynomial) -> tuple[p.Term, ...]:
    """The polynomial times a positive number that makes every factor whole."""
    scale = lcm(*(factor.denominator for factor in polynomial.values()))
    found = tuple(
        p.Term(int(factor * scale), operands)
        for operands, factor in sorted(polynomial.items(), key=lambda item: repr(item[0]))
        if factor or operands
    )
    if any(term.factor.bit_length() > MOST_BITS for term in found):
        raise TooLong
    return found


def _sum(left: Polynomial, right: Polynomial, sign: int) -> Polynomial:
    total = dict(left)
    for operands, factor in right.items():
        total[operands] = total.get(operands, Fraction(0)) + sign * factor
    return total


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    if len(left) * len(right) > MOST_PRODUCTS or _degree(left) + _degree(right) > MOST_FACTORS:
        raise TooLong
    total: Polynomial = {}
    for one, factor in left.items():
        for other, times in right.items():
            operands = tuple(sorted((*one, *other), key=repr))
            total[operands] = total.get(operands, Fraction(0)) + factor * times
    return total


def _degree(polynomial: Polynomial) -> int:
    return max(map(len, polynomial), default=0)
