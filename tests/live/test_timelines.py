"""Random timelines: after every step what the live engine keeps must be what the independent recompute
finds.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from support.oracle_drawing import examples
from support.population import Population
from support.population_strategies import populations
from support.timelines import Timeline


def test_the_live_engine_agrees_with_the_recompute(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    tally: Counter[str] = Counter()

    @examples(60)
    @given(populations(), st.data())
    def agrees(population: Population, data: st.DataObject) -> None:
        timeline = Timeline(tmp_path_factory.mktemp("t"), data, tally)
        try:
            timeline.begin(population)
            timeline.check()
            for _ in range(data.draw(st.integers(2, 12))):
                timeline.go_on()
        finally:
            timeline.close()

    agrees()
    assert tally["audits in memory"] > tally["audits"] // 2, tally
    assert tally["audits with somebody"] > tally["audits"] // 4, tally
