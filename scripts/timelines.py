"""Random timelines for hours: .venv/bin/python scripts/timelines.py --comparisons 1000000 [--seed 1].

A comparison is one segment's whole membership after one step, as the live engine keeps it, against the
recompute and against the oracle (tests/support/compared.py). Each line names the seed and the theme of
some timelines; `--seed N --rounds 1` does them again. Stopped by a signal, it says how far it came.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

from support.population import Population
from support.timeline_runs import CROWDS, Stopped, went
from support.timeline_strategies import THEMES

EACH = 20  # timelines in a round


def main() -> int:
    """Timelines until there are enough comparisons; 1 when there was a difference."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--comparisons", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=sys.maxsize)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--first", action="store_true", help="stop at a difference, as it is")
    given_options = options.parse_args()
    tally: Counter[str] = Counter()
    for one in (signal.SIGTERM, signal.SIGINT):  # looked at between steps
        signal.signal(one, lambda *_: tally.update(["stop"]))
    began = time.monotonic()
    number = given_options.seed
    try:
        while (
            tally["held against the oracle"] < given_options.comparisons
            and number < given_options.seed + given_options.rounds
        ):
            _round(number, tally, as_it_is=given_options.first)
            _say(f"seed {number}", tally, began)
            number += 1
            if tally["differences"] and given_options.first:
                break
    except Stopped:
        print("stopped", flush=True)
    _summary(tally, began)
    return 1 if tally["differences"] else 0


def _round(number: int, tally: Counter[str], *, as_it_is: bool) -> None:
    """Some timelines of one theme. The smallest that fails is printed, and the others go on."""
    theme = list(THEMES)[number % len(THEMES)]

    @seed(number)
    @settings(
        max_examples=EACH,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate] if as_it_is else [Phase.generate, Phase.shrink],
    )
    @given(CROWDS, st.data())
    def agrees(population: Population, data: st.DataObject) -> None:
        went(population, data, THEMES[theme], tally)

    try:
        agrees()
    except Exception:
        if tally["stop"]:
            raise Stopped from None
        tally["differences"] += 1
        print(f"DIFFERENCE: seed {number}, theme {theme}", flush=True)
        traceback.print_exc(file=sys.stdout)


def _say(what: str, tally: Counter[str], began: float) -> None:
    shown = ("held against the oracle", "timelines", "steps", "restart", "differences")
    numbers = ", ".join(f"{name} {tally[name]:,}" for name in shown)
    took = f"{time.monotonic() - began:.0f} s, {time.process_time():.0f} s of a processor"
    print(f"{what}: {numbers}, {took}", flush=True)


def _summary(tally: Counter[str], began: float) -> None:
    _say("all", tally, began)
    for name, count in sorted(tally.items()):
        print(f"  {name}: {count:,}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
