"""`carpel backup` and `carpel restore`."""

from __future__ import annotations

from pathlib import Path

import click

from carpel.settings import Settings
from carpel.storage.backup import unpack
from carpel.storage.directory import NoDataDirectory

from .output import bar, say
from .session import connect, on_data


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@on_data
def backup(*, file: Path, settings: Settings) -> None:
    """Write the whole data directory, at one moment, into FILE; also while it is served."""
    if not settings.data.exists():
        raise NoDataDirectory(f"{settings.data}: there is no such data directory")
    draft = file.with_name(file.name + ".draft")
    written = 0
    try:
        with (
            connect(settings) as client,
            client.download("/backup") as pieces,
            draft.open("wb") as stream,
            bar() as progress,
        ):
            for piece in pieces:
                stream.write(piece)
                written += len(piece)
                progress("writing", written, 0)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    say(f"{file}: {written / 1_000_000:,.1f} MB")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@on_data
def restore(*, file: Path, settings: Settings) -> None:
    """Make a data directory out of a backup. A directory in use or with data is refused."""
    unpack(file, settings.data)
    say(f"{settings.data} is restored from {file}")
