"""How often Python looks for cycles of objects that nothing refers to."""

import gc


def look_seldom() -> None:
    """For a process that takes in batches: they are many small objects without cycles.

    Looking at Python's usual pace took a third of an import's time (bench/bench_import.py), and is
    a tenth of a second now and then with thousands of segments (bench/bench_growth.py).
    """
    gc.set_threshold(500_000, 10, 100)
