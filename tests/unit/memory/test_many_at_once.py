"""What is done for many at once is what one by one would give."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from typing import get_args

import numpy as np
import pytest
from pyroaring import BitMap

from carpel.engine import plan as p
from carpel.engine.memory.asked import Spans
from carpel.engine.memory.bitmaps import bitmap_of
from carpel.engine.memory.bits import by_slot, ones

SEEDS = range(20)


@pytest.mark.parametrize("seed", SEEDS)
def test_spans_are_what_operators_say(seed: int) -> None:
    chance = random.Random(seed)
    large = seed % 2 == 0
    near = [0, 1, 5, 2**63 - 1, -(2**63), *([10**30, -(10**30)] if large else [])]
    numbers = np.asarray([near, near[::-1]], object if large else np.int64)
    spans = Spans(-(10**90))
    wanted: list[list[bool]] = []
    for _ in range(30):
        digits = 2
        constant = Decimal(chance.choice(near) + chance.choice((-1, 0, 1))) / 100
        constant += Decimal(chance.choice(("0", "0.005", "-0.005")))
        operator = chance.choice([one for one in get_args(p.Operator) if one != "!="])
        row = chance.randrange(2)
        spans.add(len(wanted), row, p.Compare(operator, constant))
        exact = Fraction(constant) * 10**digits
        wanted.append([p.HOLDS[operator](int(one), exact) for one in numbers[row]])
    assert spans.true(numbers, 2).tolist() == wanted


@pytest.mark.parametrize("seed", SEEDS)
def test_bits_turn_and_are_found(seed: int) -> None:
    chance = np.random.default_rng(seed)
    contacts, width = int(chance.integers(1, 700)), int(chance.integers(1, 40))
    truths = chance.random((contacts, 8 * width)) < chance.choice([0.01, 0.5])
    turned = by_slot(np.packbits(truths, axis=1, bitorder="little"))
    wide = np.unpackbits(turned, axis=1, bitorder="little").astype(np.bool_)
    assert np.array_equal(wide[:, :contacts], truths.T)
    assert not wide[:, contacts:].any()
    places, counts = ones(turned)
    assert np.array_equal(places, np.nonzero(wide)[1])
    assert np.array_equal(counts, wide.sum(axis=1))


@pytest.mark.parametrize("beyond", [40_000, 1_000_000, 2**32])
@pytest.mark.parametrize("count", [0, 1, 1000, 1025, 9000])
def test_bitmaps_have_the_numbers_they_are_made_of(beyond: int, count: int) -> None:
    chance = np.random.default_rng(count)
    numbers = np.unique(chance.integers(0, beyond, count).astype(np.uint32))
    assert bitmap_of(numbers) == BitMap(numbers.tolist())
