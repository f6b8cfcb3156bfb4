"""Keeping files, and links to them."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from carpel.kit.clock import Clock
from carpel.kit.ids import new_id
from carpel.storage.catalogue import Catalogue

from .links import make_link, read_link
from .model import BadLink, ExpiredLink, File, Purpose, TooLargeFile
from .repository import FileRepository


class Files:
    """Files under one folder of the data directory. They are not part of a backup."""

    def __init__(self, folder: Path, catalogue: Catalogue, clock: Clock) -> None:
        self._folder = folder
        self._repository = FileRepository(catalogue)
        self._clock = clock
        self._secret = self._repository.secret()
        self._listeners: list[Callable[[File], None]] = []
        self._lock = threading.Lock()
        folder.mkdir(exist_ok=True)
        self._sweep_orphans()

    @contextmanager
    def writing(
        self, workspace: int, name: str, media_type: str, expires_at: int
    ) -> Iterator[tuple[File, IO[bytes]]]:
        """A new file and a stream to write it to; it exists once the block is left without error."""
        self.sweep()
        file = self._new(workspace, name, media_type, expires_at)
        draft = self._draft(file)
        try:
            with draft.open("wb") as stream:
                yield file, stream
                _flush(stream)
                size = stream.tell()
            draft.replace(self.path_of(file))
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        self._repository.add(replace(file, size=size))

    def promise(self, workspace: int, name: str, media_type: str, expires_at: int) -> File:
        """A file whose link can be given away before there is anything to fetch."""
        self.sweep()
        file = self._new(workspace, name, media_type, expires_at)
        self._repository.add(file)
        return file

    @contextmanager
    def keeping(self, file: File) -> Iterator[IO[bytes]]:
        """A stream to write a promised file to; it is there once the block is left without error."""
        draft = self._draft(file)
        try:
            with draft.open("wb") as stream:
                yield stream
                _flush(stream)
                size = stream.tell()
            draft.replace(self.path_of(file))
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        self._repository.set_size(file.id, size)

    def scratch(self) -> IO[bytes]:
        """A file without a name, on the directory's disk; it is gone when it is closed."""
        return tempfile.TemporaryFile(dir=self._folder)

    def reserve(self, workspace: int, name: str, most: int, expires_at: int, job: str) -> File:
        """A place for an upload of at most so many bytes, which a held job waits for."""
        self.sweep()
        file = self._new(workspace, name, "application/octet-stream", expires_at, most, job)
        self._repository.add(file)
        return file

    @contextmanager
    def receiving(self, file: File) -> Iterator[Callable[[bytes], None]]:
        """Take an upload in, piece by piece; it counts once the block is left without error.

        Raises:
            TooLargeFile: (by the function given) there is more than was reserved.
        """
        draft = self._draft(file)
        size = 0
        try:
            with draft.open("wb") as stream:

                def take(piece: bytes) -> None:
                    nonlocal size
                    size += len(piece)
                    if size > (file.most or 0):
                        raise TooLargeFile(
                            "too_large", f"an upload has at most {file.most:,} bytes"
                        )
                    stream.write(piece)

                yield take
                _flush(stream)
            draft.replace(self.path_of(file))
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        self._repository.set_size(file.id, size)
        for listener in self._listeners:
            listener(self.read(file.id))

    def on_stored(self, listener: Callable[[File], None]) -> None:
        """Tell somebody of each upload, those that came before a restart included."""
        self._listeners.append(listener)
        for file in self._repository.stored_for_jobs():
            listener(file)

    # ----------------------------------------------------------------- finding

    def read(self, file_id: str) -> File:
        """The file.

        Raises:
            BadLink: there is none, or its content is gone.
        """
        file = self._repository.find(file_id)
        if file is None:
            raise BadLink("no_such_file", "there is no such file")
        return file

    def of_job(self, job_id: str) -> File:
        """The upload that a job waits for or works on.

        Raises:
            BadLink: there is none, or it has expired.
        """
        file = self._repository.of_job(job_id)
        if file is None:
            raise BadLink("no_such_file", "the upload is no longer there")
        return file

    def named(self, workspace: int, beginning: str) -> list[File]:
        """The files of a workspace whose names begin like this."""
        return self._repository.named(workspace, beginning)

    def path_of(self, file: File) -> Path:
        """Where its content lies, once it is stored."""
        return self._folder / file.id

    def link(self, file: File, purpose: Purpose, expires_at: int | None = None) -> str:
        """The path of a link to fetch or send it, good until it or the file expires."""
        until = file.expires_at if expires_at is None else min(expires_at, file.expires_at)
        return make_link(self._secret, file, purpose, until)

    def by_link(self, token: str, purpose: Purpose) -> File:
        """The file that a link's token is good for.

        Raises:
            BadLink: no file has this link, or nothing is there to be fetched yet.
            ExpiredLink: the link was good once.
        """
        now = self._clock.now()
        file = self.read(read_link(self._secret, token, purpose, now))
        if now >= file.expires_at:
            raise ExpiredLink("expired_link", "this link has expired")
        if purpose == "get" and file.size is None:
            raise BadLink("no_such_file", "there is no such file")
        if purpose == "put" and file.most is None:
            raise BadLink("bad_link", "this link is not valid")
        return file

    def drop(self, file: File) -> None:
        """Remove it before its time."""
        self._repository.remove(file.id)
        self.path_of(file).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what has expired."""
        with self._lock:
            for file in self._repository.expired(self._clock.now()):
                self.drop(file)

    # ------------------------------------------------------------------ within

    def _new(
        self,
        workspace: int,
        name: str,
        media_type: str,
        expires_at: int,
        most: int | None = None,
        job: str | None = None,
    ) -> File:
        now = self._clock.now()
        return File(new_id(), workspace, name, media_type, None, most, job, now, expires_at)

    def _draft(self, file: File) -> Path:
        return self._folder / f"{file.id}.{new_id()}.draft"

    def _sweep_orphans(self) -> None:
        """What a killed process left half-written, or wrote without saying so."""
        known = self._repository.all_ids()
        for path in self._folder.iterdir():
            if path.name not in known:
                path.unlink()


def _flush(stream: IO[bytes]) -> None:
    stream.flush()
    os.fsync(stream.fileno())
