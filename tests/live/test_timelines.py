"""Random timelines: contacts, events, deletions, edits, clock steps, restarts. After every step what
the live engine keeps must be what the independent recompute finds, and what the oracle finds.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from support.oracle_drawing import examples
from support.population import Population
from support.timeline_runs import CROWDS, went
from support.timeline_strategies import THEMES

EXAMPLES = 4  # of each theme


@pytest.mark.parametrize("theme", THEMES)
def test_the_live_engine_agrees_with_two_recomputes(theme: str) -> None:
    """CARPEL_EXAMPLES=50 makes it 50 times as long; scripts/timelines.py goes on for hours."""
    tally: Counter[str] = Counter()

    @examples(EXAMPLES)
    @given(CROWDS, st.data())
    def agrees(population: Population, data: st.DataObject) -> None:
        went(population, data, THEMES[theme], tally)

    agrees()
    assert tally["audits in memory"] == tally["audits"], tally
    assert tally["restarts from a snapshot"] >= tally["restart"] // 2, tally
    assert tally["audits with some of all"] > tally["audits"] // 20, tally
    assert tally["held against the oracle"] > 0.9 * tally["audits"], tally
    found = {name.removesuffix(" leaf") for name in tally}
    assert THEMES[theme].kinds <= found, THEMES[theme].kinds - found
