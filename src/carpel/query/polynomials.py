"""Arithmetic on numbers as quotients of polynomials with exact fractions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TypeAlias

from carpel.engine import plan as p

# Operands multiplied together (sorted) → factor.
Polynomial: TypeAlias = dict[tuple[p.Operand, ...], Fraction]

ONE: Polynomial = {(): Fraction(1)}


@dataclass(frozen=True)
class Quotient:
    """Above divided by below."""

    above: Polynomial
    below: Polynomial


def constant(value: Fraction) -> Quotient:
    """A plain number."""
    return Quotient({(): value} if value else {}, ONE)


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
    """Left / right; where right is zero the quotient is not there, as below is zero."""
    return Quotient(_product(left.above, right.below), _product(left.below, right.above))


def is_constant(polynomial: Polynomial) -> bool:
    """Whether no value seen is in it."""
    return all(not operands for operands in polynomial)


def value_of(polynomial: Polynomial) -> Fraction:
    """The value of a constant polynomial."""
    return polynomial.get((), Fraction(0))


def terms(polynomial: Polynomial) -> tuple[p.Term, ...]:
    """The polynomial times a positive number that makes every factor whole."""
    scale = lcm(*(factor.denominator for factor in polynomial.values()))
    return tuple(
        p.Term(int(factor * scale), operands)
        for operands, factor in sorted(polynomial.items(), key=lambda item: repr(item[0]))
    )


def _sum(left: Polynomial, right: Polynomial, sign: int) -> Polynomial:
    total = dict(left)
    for operands, factor in right.items():
        total[operands] = total.get(operands, Fraction(0)) + sign * factor
    return {operands: factor for operands, factor in total.items() if factor}


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    total: Polynomial = {}
    for one, factor in left.items():
        for other, times in right.items():
            operands = tuple(sorted((*one, *other), key=repr))
            total[operands] = total.get(operands, Fraction(0)) + factor * times
    return {operands: factor for operands, factor in total.items() if factor}
