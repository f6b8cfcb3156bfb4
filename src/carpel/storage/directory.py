"""The data directory: its format, its lock, and where each store lives in it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path
from typing import TextIO

from .migrations import NEWEST

FORMAT_FILE = "format.json"
_LOCK_FILE = "lock"
_SERVER_FILE = "server.json"
_LOCK_ATTEMPTS = 10
_LOCK_PAUSE_S = 0.02


class NoDataDirectory(Exception):
    """The directory does not exist, or holds something else."""


class FormatTooNew(Exception):
    """A newer Carpel wrote the directory."""


class DirectoryInUse(Exception):
    """Another process has the directory open for writing."""


class DataDirectory:
    """One Carpel's data, held by one process at a time."""

    def __init__(self, path: Path, lock: TextIO) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> DataDirectory:
        """Lock the directory for this process, making it when it is missing.

        Raises:
            NoDataDirectory: it is missing and `create` is off, or it holds other files.
            FormatTooNew: a newer Carpel wrote it; nothing is touched.
            DirectoryInUse: another process holds it.
        """
        _refuse_unless_ours(path, create=create)
        path.mkdir(parents=True, exist_ok=True)
        lock = _lock(path / _LOCK_FILE)
        try:
            _refuse_newer(path)
            _write_format(path)
        except BaseException:
            lock.close()
            raise
        return cls(path, lock)

    @property
    def log(self) -> Path:
        """The durable log's folder."""
        return self.path / "log"

    @property
    def catalogue(self) -> Path:
        """The file of workspaces, keys, fields, lists and segments."""
        return self.path / "catalogue.sqlite"

    @property
    def people(self) -> Path:
        """The file of contacts by key."""
        return self.path / "people.sqlite"

    @property
    def columns(self) -> Path:
        """The file of contacts and events by column."""
        return self.path / "columns.duckdb"

    @property
    def feed(self) -> Path:
        """The file of changes of membership."""
        return self.path / "feed.sqlite"

    @property
    def snapshot(self) -> Path:
        """The file that the engine's memory is kept in while no process runs."""
        return self.path / "engine.snapshot"

    @property
    def files(self) -> Path:
        """The folder of exports and uploads."""
        return self.path / "files"

    def announce(self, url: str, token: str) -> None:
        """Tell commands on this directory where its server listens and how to be let in."""
        file = self.path / _SERVER_FILE
        draft = file.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            json.dump({"url": url, "token": token, "pid": os.getpid()}, stream)
        draft.replace(file)

    def close(self) -> None:
        """Let the next process in."""
        (self.path / _SERVER_FILE).unlink(missing_ok=True)
        self._lock.close()


def running_server(path: Path) -> tuple[str, str] | None:
    """URL and local token of the server running on a directory, or None."""
    if not is_held(path):
        return None
    with contextlib.suppress(OSError, ValueError, KeyError):
        told = json.loads((path / _SERVER_FILE).read_text())
        return told["url"], told["token"]
    return None


def is_held(path: Path) -> bool:
    """Whether a process has the directory open for writing."""
    try:
        with (path / _LOCK_FILE).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _lock(file: Path) -> TextIO:
    lock = file.open("a")
    for attempt in range(_LOCK_ATTEMPTS):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # A command that only asks whether the directory is held holds it for a moment too.
            if attempt + 1 < _LOCK_ATTEMPTS:
                time.sleep(_LOCK_PAUSE_S)
        else:
            return lock
    lock.close()
    raise DirectoryInUse(f"{file.parent} is in use by another carpel process")


def _refuse_unless_ours(path: Path, *, create: bool) -> None:
    if (path / FORMAT_FILE).exists():
        return
    if path.exists() and not path.is_dir():
        raise NoDataDirectory(f"{path} is not a directory")
    if not create:
        raise NoDataDirectory(f"{path} is not a Carpel data directory")
    if path.exists() and any(entry.name != _LOCK_FILE for entry in path.iterdir()):
        raise NoDataDirectory(f"{path} is not empty and is not a Carpel data directory")


def _refuse_newer(path: Path) -> None:
    file = path / FORMAT_FILE
    if not file.exists():
        return
    try:
        found = json.loads(file.read_text())["format"]
    except (ValueError, KeyError, TypeError):
        raise NoDataDirectory(f"{file} is damaged: it does not say which format this is") from None
    if found > NEWEST:
        raise FormatTooNew(
            f"{path} has data format {found}; this carpel knows formats up to {NEWEST}. "
            "Use the carpel that wrote it, or a newer one. Nothing was changed."
        )


def _write_format(path: Path) -> None:
    draft = path / (FORMAT_FILE + ".draft")
    with draft.open("w") as stream:
        json.dump({"format": NEWEST}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path / FORMAT_FILE)
