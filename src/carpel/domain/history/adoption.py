"""Sizes that directories of data format 6 and older kept in the catalogue, taken over once."""

from __future__ import annotations

from carpel.storage.catalogue import Catalogue
from carpel.storage.feed import FeedStore

from .repository import HistoryRepository, Sizes


def adopt_sizes(catalogue: Catalogue, store: FeedStore) -> None:
    """Move what the catalogue has of sizes to where they are kept now."""
    with catalogue.read() as connection:
        rows = connection.execute(
            "SELECT segment, at, size, version FROM segment_size ORDER BY segment, minute"
        ).fetchall()
    if not rows:
        return
    with store.write() as connection:
        tables, sizes = HistoryRepository(connection), Sizes()
        last: dict[int, int] = {}
        for segment, at, size, version in rows:
            net = size - last.get(segment, 0)
            if segment in last or tables.first(segment) is None:
                sizes.add(segment, at, size, max(net, 0), max(-net, 0), version)
            last[segment] = size
        tables.add_all(sizes)
    with catalogue.write() as connection:
        connection.execute("DELETE FROM segment_size")
