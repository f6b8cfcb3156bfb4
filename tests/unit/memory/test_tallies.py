"""How many of each contact's events are chosen, beside a count of each by itself."""

from __future__ import annotations

import numpy as np
import pytest

from carpel.engine.memory.tallies import counts_of, edges_within, eights


@pytest.mark.parametrize("events", [0, 1, 40, 511, 512, 5000])
@pytest.mark.parametrize("choices", [1, 7, 8, 9, 17])
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_events_of_each_contact_are_counted(events: int, choices: int, share: float) -> None:
    chance = np.random.default_rng(events)
    chosen = chance.random((choices, events)) < share
    # One contact has more of 5,000 than a byte tells, with another that has few at each side.
    inner = [min(3, events), min(300, events)] if events > 1 else []
    edges = np.asarray(sorted({0, *inner, events}), np.int64)
    contacts = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    found = counts_of(chosen, edges)
    assert found.tolist() == [[sum(row[a:b]) for a, b in contacts] for row in chosen.tolist()]
    left = edges_within(chosen[0], edges)
    assert left.tolist() == [sum(chosen[0][:edge].tolist()) for edge in edges.tolist()]


@pytest.mark.parametrize("columns", [1, 511, 512])
def test_eight_truths_become_a_byte(columns: int) -> None:
    truths = np.random.default_rng(columns).random((16, columns)) < 0.5
    wanted = [
        [sum(int(truths[8 * half + bit, at]) << bit for bit in range(8)) for at in range(columns)]
        for half in range(2)
    ]
    assert eights(truths).tolist() == wanted
