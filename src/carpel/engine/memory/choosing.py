"""From what leaves are answered.

Of those over events each filter has a stream of its own, unless the events without it are read just
then: there a bit of each of them does, and what a stream costs with every batch is paid once. That
takes more memory only if a filter fits fewer than one event in a hundred; so not too many become such
bits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from carpel.engine import plan as p

from .answers import sources_of
from .groups import ValueLeaf
from .streams import ColumnKey, EventLeaf, Row, StreamKey, StreamLeaf, take_apart
from .timed import TimedKey
from .values import Unknown, holds_still

# Flags of a stream that are chosen when it is read.
_MOST_FLAGS = 8

Asked: TypeAlias = p.EventTest | p.SequenceTest


def chosen(
    leaves: Iterable[p.ContactLeaf], there: Mapping[StreamKey, Collection[ColumnKey]]
) -> dict[p.ContactLeaf, EventLeaf]:
    """Those of the leaves that are over events, taken apart.

    Args:
        leaves: those that are taken up together.
        there: the streams that are there already, with what they keep of each event.
    """
    asked = (one for one in leaves if isinstance(one, p.EventTest | p.SequenceTest))
    apart: dict[p.ContactLeaf, EventLeaf] = {leaf: take_apart(leaf) for leaf in asked}
    read = {one.stream for one in apart.values()} - set(there)
    flags: dict[StreamKey, set[Row]] = {wide: set() for wide in read if wide == _wide(wide)}
    return {leaf: _placed(one, there, flags) for leaf, one in apart.items()}


def _placed(
    leaf: EventLeaf,
    there: Mapping[StreamKey, Collection[ColumnKey]],
    flags: Mapping[StreamKey, set[Row]],
) -> EventLeaf:
    own, wide = leaf.stream, _wide(leaf.stream)
    if not isinstance(leaf, StreamLeaf) or own == wide or own in there:
        return leaf
    if (own.where, "flag") not in there.get(wide, ()):
        wheres = flags.get(wide)
        if wheres is None or (len(wheres) >= _MOST_FLAGS and own.where not in wheres):
            return leaf
        wheres.add(own.where)
    return replace(leaf, stream=wide, windows=(own.where, *leaf.windows))


def _wide(key: StreamKey) -> StreamKey:
    """The stream of all events of the same types."""
    return StreamKey(key.types, p.Everyone())


@dataclass
class BySource:
    """Leaves by what they are answered from, each by its slot."""

    still: dict[int, ValueLeaf] = field(default_factory=dict)
    timed: dict[TimedKey, dict[int, p.RowLeaf]] = field(default_factory=dict)
    streams: dict[StreamKey, dict[int, EventLeaf]] = field(default_factory=dict)

    def add(self, slot: int, leaf: p.ContactLeaf, apart: EventLeaf | None) -> None:
        """Take up a leaf; `apart` is one over events taken apart."""
        if apart is not None:
            self.streams.setdefault(apart.stream, {})[slot] = apart
        elif isinstance(leaf, p.EventTest | p.SequenceTest | p.SegmentTest):
            raise Unknown(type(leaf).__name__)
        elif isinstance(leaf, p.ListTest) or holds_still(leaf):
            self.still[slot] = leaf
        else:
            self.timed.setdefault(sources_of(leaf), {})[slot] = leaf
