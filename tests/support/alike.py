"""Two graphs of objects compared attribute by attribute, whatever their classes are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

import numpy as np
from pyroaring import BitMap


def differences(one: Any, other: Any) -> list[str]:
    """Where they differ; what stands in a circle is compared once."""
    return list(_differences(one, other, "", set()))


def _differences(one: Any, other: Any, path: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    if type(one) is not type(other):
        yield f"{path}: {type(one).__name__} and {type(other).__name__}"
    elif (id(one), id(other)) not in seen:
        seen.add((id(one), id(other)))
        if isinstance(one, np.ndarray):
            yield from _of_arrays(one, other, path)
        elif isinstance(one, FunctionType):
            yield from [f"{path}: {one} and {other}"][: one.__qualname__ != other.__qualname__]
        elif (parts := _parts(one)) is not None:
            others = _parts(other) or {}
            if parts.keys() != others.keys():
                yield f"{path}: other keys"
            for key in parts.keys() & others.keys():
                yield from _differences(parts[key], others[key], f"{path}.{key}", seen)
        elif one != other:
            yield f"{path}: {one!r} and {other!r}"[:200]


def _parts(one: Any) -> Mapping[Any, Any] | None:
    """What something is made of; None for what is compared as a whole."""
    if isinstance(one, Mapping):
        return one
    if isinstance(one, list | tuple):
        return dict(enumerate(one))
    return None if isinstance(one, BitMap) else getattr(one, "__dict__", None)


def _of_arrays(one: Any, other: Any, path: str) -> Iterator[str]:
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        yield f"{path}: {one.dtype}{one.shape} and {other.dtype}{other.shape}"
    elif not np.array_equal(one, other):
        yield f"{path}: other numbers"
    if one.flags.writeable != other.flags.writeable:
        yield f"{path}: one of them can be changed"
