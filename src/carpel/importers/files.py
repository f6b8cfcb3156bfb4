"""Opening files: which format it is, by what stands in it."""

from __future__ import annotations

from pathlib import Path

from .csv import CsvReader
from .ndjson import NdjsonReader
from .rows import BadFile, Reader
from .streams import DAMAGED, Stream

PARQUET = b"PAR1"


def open_reader(path: Path) -> Reader:
    """A reading of a CSV, NDJSON or Parquet file, from its beginning.

    Raises:
        BadFile: it is missing, damaged, or of no known format.
    """
    if not path.is_file():
        raise BadFile(f"{path}: there is no such file")
    try:
        if _is_parquet(path):
            from .parquet import ParquetReader  # noqa: PLC0415  (pyarrow takes a while to load)

            return ParquetReader(path)
        names = [suffix.lower() for suffix in path.suffixes]
        if any(name in (".ndjson", ".jsonl", ".json") for name in names):
            return NdjsonReader(Stream(path))
        return CsvReader(Stream(path))
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}") from None
    except DAMAGED as error:
        raise BadFile(f"{path}: the file is damaged: {error}") from None


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == PARQUET
