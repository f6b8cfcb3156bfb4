"""Tables by contact keep their rows while they grow, watched or not, new or read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from carpel.engine.memory import pickled
from carpel.engine.memory.growing import Growing, filled
from carpel.storage.mapped import mapping_of
from carpel.storage.parts import Parts, PartsWriter

_SHAPES = [(700_000,), (90_000, 8)]  # large enough for memory of their own


def _numbered(shape: tuple[int, ...], filler: int) -> Growing[np.int64]:
    table = Growing(filled(shape, np.int64, filler), filler)
    table.array[::3] = np.arange(len(table.array[::3])).reshape(-1, *[1] * (len(shape) - 1))
    return table


def _grown(before: NDArray[Any], rows: int, filler: int) -> NDArray[Any]:
    return np.concatenate([before, np.full((rows - len(before), *before.shape[1:]), filler)])


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("filler", [0, -7])
def test_grows_where_it_lies(shape: tuple[int, ...], filler: int) -> None:
    table = _numbered(shape, filler)
    before, memory = table.array.copy(), mapping_of(table.array)
    for rows in (shape[0], shape[0] + 1, 2 * shape[0], 2 * shape[0] + 5):
        table.make_room(rows)
        assert len(table.array) >= rows
        np.testing.assert_array_equal(table.array, _grown(before, len(table.array), filler))
    assert memory is not None
    assert mapping_of(table.array) is memory


@pytest.mark.parametrize("filler", [0, -7])
def test_a_table_that_is_looked_at_leaves_what_is_seen(filler: int) -> None:
    table = _numbered((700_000,), filler)
    before, seen = table.array.copy(), table.array[:]
    table.make_room(800_000)
    table.array[:] = 1
    np.testing.assert_array_equal(seen, before)
    assert len(table.array) >= 800_000


def test_one_that_was_read_back_grows_where_it_lies(tmp_path: Path) -> None:
    table = _numbered((700_000,), -7)
    before = table.array.copy()
    with PartsWriter(tmp_path / "file") as writer:
        body, arrays = pickled.put(table, writer)
        writer.finish(b"")
    parts = Parts(tmp_path / "file")
    again = pickled.get(parts, body, arrays)
    parts.close()
    memory = mapping_of(again.array)
    again.make_room(1_000_000)
    np.testing.assert_array_equal(again.array, _grown(before, len(again.array), -7))
    assert memory is not None
    assert mapping_of(again.array) is memory
