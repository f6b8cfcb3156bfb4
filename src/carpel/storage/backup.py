"""A data directory as one file, and back."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from .directory import FORMAT_FILE, DataDirectory, FormatTooNew, NoDataDirectory, is_held
from .migrations import FEED_SINCE, NEWEST

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHUNK = 1 << 20
# Each store's file, and the first data format that has it.
_FILES = {"catalogue.sqlite": 1, "people.sqlite": 1, "columns.duckdb": 1, "feed.sqlite": FEED_SINCE}


class BadBackup(Exception):
    """The file is no backup of Carpel's, or it is damaged."""


def copy_stores(directory: DataDirectory) -> Path:
    """Copies of all stores in a folder inside the directory.

    The caller sees to it that nothing is applied meanwhile and that the column store has been
    checkpointed. The log may grow; what is in it after this moment is left out.
    """
    folder = directory.path / "backup.draft"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "log").mkdir(parents=True)
    shutil.copy2(directory.path / FORMAT_FILE, folder)
    for source in (directory.catalogue, directory.people, directory.feed):
        _copy_sqlite(source, folder / source.name)
    shutil.copy2(directory.columns, folder)
    for file in sorted(directory.log.glob("*.log")):
        shutil.copy2(file, folder / "log")
    return folder


def pack(folder: Path) -> Iterator[bytes]:
    """The folder as a tar compressed with zstd, piece by piece; the folder goes in the end."""
    archive = folder.with_suffix(".tar.zst")
    try:
        with zstd.open(archive, "wb") as stream, tarfile.open(fileobj=stream, mode="w|") as tar:
            for file in sorted(folder.rglob("*")):
                tar.add(file, str(file.relative_to(folder)), recursive=False)
        with archive.open("rb") as packed:
            while chunk := packed.read(_CHUNK):
                yield chunk
    finally:
        archive.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def unpack(archive: Path, path: Path) -> None:
    """Make a data directory out of a backup.

    Raises:
        NoDataDirectory: the directory is in use, or is not empty.
        BadBackup: the file is no backup, or is damaged; the directory is left as it was.
        FormatTooNew: a newer Carpel made the backup.
    """
    if is_held(path):
        raise NoDataDirectory(f"{path} is in use by a carpel process")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise NoDataDirectory(f"{path} is not empty; restore into a new directory")
    draft = path.with_name(path.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        _extract(archive, draft)
        _check(archive, draft)
        if path.exists():
            path.rmdir()
        draft.replace(path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _extract(archive: Path, draft: Path) -> None:
    try:
        with zstd.open(archive, "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                _write(member, tar.extractfile(member), draft)
    except (zstd.ZstdError, tarfile.TarError, EOFError) as error:
        raise BadBackup(f"{archive} is no backup, or it is damaged: {error}") from None


def _write(member: tarfile.TarInfo, content: IO[bytes] | None, draft: Path) -> None:
    """One file or folder; what else a tar can hold (links, devices, ways out) is in no backup.

    `TarFile.extractall(filter="data")` would do, but Python has it only from 3.11.4 on.
    """
    name = PurePosixPath(member.name)
    if not (member.isfile() or member.isdir()) or name.is_absolute() or ".." in name.parts:
        raise tarfile.TarError(f"it holds {member.name!r}, which has no place in a backup")
    target = draft / name
    if content is None:
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(content, file, _CHUNK)


def _check(archive: Path, draft: Path) -> None:
    try:
        found = json.loads((draft / FORMAT_FILE).read_text())["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise BadBackup(f"{archive} is not a backup made by carpel") from None
    if not all((draft / name).exists() for name, since in _FILES.items() if found >= since):
        raise BadBackup(f"{archive} is incomplete")
    if found > NEWEST:
        raise FormatTooNew(
            f"{archive} has data format {found}; this carpel knows formats up to {NEWEST}"
        )


def _copy_sqlite(source: Path, target: Path) -> None:
    origin = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
    copy = sqlite3.connect(target)
    try:
        origin.backup(copy)
    finally:
        copy.close()
        origin.close()
