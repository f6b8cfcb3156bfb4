"""How examples are drawn: how many, with which weights, from strategies that are made once."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from hypothesis import HealthCheck, settings, strategies as st

P = ParamSpec("P")
T = TypeVar("T")


def examples(number: int) -> settings:
    """The profile of CI, repeatable and short; CARPEL_EXAMPLES=50 does 50 times as many, at random."""
    times = int(os.environ.get("CARPEL_EXAMPLES", "1"))
    return settings(
        max_examples=number * times,
        derandomize=times == 1,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def built_once(
    make: Callable[P, st.SearchStrategy[T]],
) -> Callable[P, st.SearchStrategy[T]]:
    """Strategies made once for the same arguments, and not spelled out in every repr."""
    made = cache(make)

    @wraps(make)
    def strategy(*args: P.args, **kwargs: P.kwargs) -> st.SearchStrategy[T]:
        return _drawn(made(*args, **kwargs))  # type: ignore[arg-type]

    return cache(strategy)  # type: ignore[return-value]


def _drawn(inner: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    @st.composite
    def drawn(draw: st.DrawFn) -> T:
        return draw(inner)

    return drawn()


@st.composite
def mix(draw: st.DrawFn, *parts: st.SearchStrategy[T]) -> T:
    """One of the parts; one that is given twice is as likely again, which one_of() passes over."""
    return draw(parts[draw(st.integers(0, len(parts) - 1))])
