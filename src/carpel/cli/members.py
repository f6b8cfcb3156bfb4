"""`carpel segment members`: everyone in a segment at one moment, page by page."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
import msgspec

from carpel.client import Client
from carpel.settings import Settings

from .output import bar, say
from .session import connect, in_workspace, on_data, quoted, with_json

_PAGE = 10_000
COLUMNS = ("id", "external_id", "email", "phone_number_id", "anonymous_id")

Write = Callable[[list[dict[str, Any]]], None]
_encode = msgspec.json.Encoder(decimal_format="number").encode


@click.command()
@click.argument("ref")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="A .csv, .ndjson or .parquet file; without it, CSV on stdout.")  # fmt: skip
@in_workspace
@with_json
@on_data
def members(
    *, ref: str, out: Path | None, workspace: str, as_json: bool, settings: Settings
) -> None:
    """Everyone in a segment, at one moment: CSV, NDJSON (--json) or a file."""
    writer = _writer_of(out, as_json=as_json)
    with connect(settings, workspace) as client, bar() as progress, _finished(out) as draft:
        total = done = 0
        with writer(draft) as write:
            for page in _pages(client, ref):
                write(page["data"])
                total, done = page["total"], done + len(page["data"])
                progress("writing", done, total)
    if out is not None:
        say(f"{done:,} contacts in {out}")


def _pages(client: Client, ref: str) -> Iterator[dict[str, Any]]:
    """The pages of one moment.

    Raises:
        ClickException: the server was restarted meanwhile, or asked by too many others.
    """
    moment = None
    for page in client.pages(f"/segments/{quoted(ref)}/members", limit=_PAGE):
        moment = moment or page["at"]
        if page["at"] != moment:
            raise click.ClickException("the server no longer keeps that moment; try again")
        yield page


def _writer_of(out: Path | None, *, as_json: bool) -> Callable[[Path | None], Any]:
    suffix = out.suffix.lower() if out is not None else ""
    if out is None:
        return _ndjson if as_json else _csv
    writers = {".csv": _csv, ".ndjson": _ndjson, ".parquet": _parquet}
    if suffix not in writers:
        raise click.UsageError(f"--out takes a .csv, .ndjson or .parquet file, not {out.name}")
    return writers[suffix]


@contextmanager
def _finished(out: Path | None) -> Iterator[Path | None]:
    """A draft that takes the file's name only when it is whole."""
    if out is None:
        yield None
        return
    draft = out.with_name(out.name + ".draft")
    try:
        yield draft
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _stream(path: Path | None, *, binary: bool = False) -> Iterator[IO[Any]]:
    if path is None:
        yield sys.stdout.buffer if binary else sys.stdout
    elif binary:
        with path.open("wb") as stream:
            yield stream
    else:
        with path.open("w", newline="", encoding="utf-8") as stream:
            yield stream


@contextmanager
def _csv(path: Path | None) -> Iterator[Write]:
    with _stream(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        yield lambda page: writer.writerows([one.get(name) for name in COLUMNS] for one in page)


@contextmanager
def _ndjson(path: Path | None) -> Iterator[Write]:
    with _stream(path, binary=True) as stream:

        def write(page: list[dict[str, Any]]) -> None:
            stream.writelines(_encode(one) + b"\n" for one in page)

        yield write


@contextmanager
def _parquet(path: Path | None) -> Iterator[Write]:
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    with pq.ParquetWriter(path, schema) as writer:

        def write(page: list[dict[str, Any]]) -> None:
            columns = {name: [one.get(name) for one in page] for name in COLUMNS}
            writer.write_table(pa.table(columns, schema=schema))

        yield write
