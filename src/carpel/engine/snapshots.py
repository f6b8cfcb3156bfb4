"""The engine's snapshot: the worlds as a process left them, for the next one to go on from.

It is of use only to a process with the same code and libraries, on the very data it was made of, and
not before its instant; whatever else is found is left alone, and the segments are worked out anew.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec

from carpel.storage.parts import Damaged, Parts, PartsWriter

from .fingerprint import fingerprint
from .memory import pickled
from .memory.world import World
from .plan import Plan
from .publication import Standing

# Segment → version and plan of its rules.
Rules: TypeAlias = Mapping[int, tuple[int, Plan]]
Told: TypeAlias = tuple[int, int, int, int]

_ROOM_TO_LEAVE = 1 << 30  # on the disk, for everything else


class Unfit(Exception):
    """There is a snapshot, of something else than what is here."""


class KeptWorld(msgspec.Struct, array_like=True, frozen=True):
    """Where a world lies in the file, and up to which instant it has come."""

    workspace: int
    at: int
    nbytes: int  # in memory
    body: int
    arrays: list[int]


class Head(msgspec.Struct, array_like=True, frozen=True):
    """What a snapshot is of."""

    columns: tuple[int, int]
    applied: int  # the last record of the log that is in it
    told: dict[int, Told]  # by segment: what had been told of it last, when it was as it is here
    worlds: list[KeptWorld]


@dataclass(frozen=True)
class Living:
    """A world to be kept: whose, up to which instant it has come, and the rules in it."""

    workspace: int
    at: int
    world: World
    rules: Rules


def stamp(file: Path) -> tuple[int, int]:
    """What tells the column store's file, as it is closed, from its older states and other files."""
    found = file.stat()
    return found.st_size, found.st_mtime_ns


def told(standing: Standing) -> Told:
    """What tells a publication from others of its segment."""
    return standing.version, standing.at, standing.applied, standing.count


def write(
    file: Path,
    worlds: Iterable[Living],
    columns: tuple[int, int],
    applied: int,
    standings: Mapping[int, Standing],
) -> int:
    """Write a snapshot beside the file, and let it take its place; returns its bytes on disk.

    Raises:
        OSError: it cannot be written, or would leave too little room; there is none then.
    """
    draft = draft_of(file)
    file.unlink(missing_ok=True)
    try:
        with PartsWriter(draft) as writer:
            kept = [_put(one, writer, file) for one in worlds]
            all_told = {number: told(one) for number, one in standings.items()}
            head = Head(columns, applied, all_told, kept)
            nbytes = writer.finish(msgspec.msgpack.encode((fingerprint(), head)))
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return nbytes


def _put(one: Living, writer: PartsWriter, file: Path) -> KeptWorld:
    if shutil.disk_usage(file.parent).free < one.world.nbytes + _ROOM_TO_LEAVE:
        raise OSError("it would leave too little room on the disk")
    one.world.forget_gone()
    body, arrays = pickled.put((one.world, dict(one.rules)), writer)
    return KeptWorld(one.workspace, one.at, one.world.nbytes, body, arrays)


def draft_of(file: Path) -> Path:
    """Where a snapshot is written, before it is one."""
    return file.with_name(file.name + ".draft")


class EngineSnapshot:
    """A snapshot that is open to be read."""

    def __init__(self, file: Path, columns: tuple[int, int], applied: int, now: int) -> None:
        """Open one, if it fits what is here.

        Args:
            file: where it is.
            columns: the `stamp` of the column store's file as it was found.
            applied: the last record that the columns have.
            now: what time it is.

        Raises:
            FileNotFoundError: there is none.
            Unfit: it says what it is of, and that is something else.
            Damaged, OSError: it cannot be read.
        """
        self._parts = Parts(file)
        try:
            self.head = _head_of(self._parts.head)
            self._check(columns, applied, now)
        except BaseException:
            self._parts.close()
            raise

    def _check(self, columns: tuple[int, int], applied: int, now: int) -> None:
        if self.head.applied != applied or self.head.columns != columns:
            raise Unfit("data has changed since")
        if any(one.at > now for one in self.head.worlds):
            raise Unfit("the clock has gone back")

    @property
    def nbytes(self) -> int:
        """How many bytes it takes on disk."""
        return self._parts.nbytes

    def read(self, kept: KeptWorld) -> tuple[World, Rules]:
        """One of the worlds.

        Raises:
            Damaged, OSError: it cannot be read.
        """
        found: tuple[World, Rules] = pickled.get(self._parts, kept.body, kept.arrays)
        return found

    def close(self) -> None:
        self._parts.close()


def _head_of(body: bytes) -> Head:
    """Another version may write another head; but what it is written by stands first in each."""
    try:
        first, _ = msgspec.msgpack.decode(body, type=tuple[str, msgspec.Raw])
        if first != fingerprint():
            raise Unfit("another version of Carpel or of its libraries wrote it")
        return msgspec.msgpack.decode(body, type=tuple[str, Head])[1]
    except msgspec.MsgspecError as error:
        raise Damaged(str(error)) from None


def remove(file: Path) -> None:
    """Delete a snapshot and what is left of an unfinished one."""
    for one in (file, draft_of(file)):
        one.unlink(missing_ok=True)
