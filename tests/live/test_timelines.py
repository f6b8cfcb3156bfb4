"""Random timelines: contacts, events, deletions, edits, clock steps, restarts. After every step what
the live engine keeps must be what the independent recompute finds, and what the oracle finds.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import given, strategies as st

from support.compared import Compared
from support.oracle_drawing import examples
from support.population import Population
from support.population_strategies import populations
from support.timeline_strategies import THEMES

EXAMPLES = 14  # of each theme
IS_LONG = "CARPEL_EXAMPLES" in os.environ
SHOWN_EACH = 500


@pytest.mark.parametrize("theme", THEMES)
def test_the_live_engine_agrees_with_two_recomputes(
    theme: str, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """CARPEL_EXAMPLES=50 makes it 50 times as long; it tells how far it has come."""
    tally: Counter[str] = Counter()

    @examples(EXAMPLES)
    @given(populations(), st.data())
    def agrees(population: Population, data: st.DataObject) -> None:
        tally["timelines"] += 1
        timeline = Compared(tmp_path_factory.mktemp("t"), data, THEMES[theme], tally)
        try:
            timeline.begin(population)
            timeline.check()
            for _ in range(data.draw(st.integers(4, 16))):
                timeline.go_on()
        finally:
            timeline.close()
        if IS_LONG and tally["timelines"] % SHOWN_EACH == 0:
            _show(theme, tally, capsys)

    agrees()
    _show(theme, tally, capsys)
    assert tally["audits in memory"] == tally["audits"], tally
    assert tally["audits with somebody"] > tally["audits"] // 6, tally
    assert tally["held against the oracle"] > 0.9 * tally["audits"], tally
    found = {name.removesuffix(" leaf") for name in tally}
    assert THEMES[theme].kinds <= found, THEMES[theme].kinds - found


def _show(theme: str, tally: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An audit is one comparison: a segment, after a step, with the recompute."""
    shown = {name: count for name, count in tally.items() if not name.endswith(" leaf")}
    with capsys.disabled():
        print(f"\n{theme}: {shown}")  # noqa: T201
