"""What commands print: results on stdout, messages and bars on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
import msgspec

from carpel.client import ApiError

_BARS = "▁▂▃▄▅▆▇█"
# A bar is shown only when something takes longer than this.
_WORTH_A_BAR_S = 1.0

_encode = msgspec.json.Encoder(decimal_format="number").encode


def print_json(value: Any) -> None:
    """Machine output: one JSON value, indented."""
    click.echo(msgspec.json.format(_encode(value), indent=2).decode())


def print_table(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Columns wide enough for what is in them; numbers to the right."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [
        max(len(header), *(len(row[place]) for row in texts), 0)
        for place, header in enumerate(headers)
    ]
    numeric = [
        bool(rows) and all(isinstance(row[place], int) for row in rows)
        for place in range(len(headers))
    ]
    for row in [list(headers), *texts]:
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def say(message: str) -> None:
    """A message that is no result."""
    click.echo(message, err=True)


def complain(message: str) -> None:
    """What went wrong."""
    click.echo(click.style("error: ", fg="red", bold=True) + message, err=True)


def sparkline(sizes: Sequence[int]) -> str:
    """Sizes as a small line of bars; nothing for fewer than two."""
    if len(sizes) < 2:  # noqa: PLR2004
        return ""
    low, high = min(sizes), max(sizes)
    spread = (high - low) or 1
    return "".join(_BARS[(size - low) * (len(_BARS) - 1) // spread] for size in sizes)


def show_problem(error: ApiError, sql: str | None = None) -> None:
    """A refusal; a query's problems with their places marked under its text."""
    problems = error.problem.get("problems") or []
    if sql is None or not any("position" in one for one in problems):
        complain(str(error))
        for one in problems[1:]:
            say(f"  {one.get('pointer', '')} {one.get('detail') or one.get('message', '')}")
        return
    for one in problems:
        complain(one["message"])
        _mark(sql, one.get("position", {}))
        if one.get("hint"):
            say(click.style("hint: ", bold=True) + one["hint"])


def _mark(sql: str, position: dict[str, Any]) -> None:
    lines = sql.splitlines() or [""]
    number = position.get("line", 1)
    if number > len(lines):
        return
    line = lines[number - 1]
    column = position.get("column", 1)
    length = max(1, min(position.get("length", 1), len(line) - column + 1))
    gutter = f"{number:>4} | "
    say(gutter + line)
    say(" " * (len(gutter) - 2) + "| " + " " * (column - 1) + click.style("^" * length, fg="red"))


class Bar:
    """A progress bar on stderr, from the second second on; none when stderr is no terminal."""

    def __init__(self) -> None:
        self._progress: Any = None
        self._task: Any = None
        self._what = ""
        self._start: float | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say how far it is."""
        if not sys.stderr.isatty():
            return
        if self._start is None:
            self._start = time.monotonic()
        if self._progress is None and time.monotonic() - self._start > _WORTH_A_BAR_S:
            self._open()
        if self._progress is not None:
            self._progress.update(self._task, description=what, completed=done, total=total)

    def close(self) -> None:
        """Leave the line as it is."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
        self._start = None

    def _open(self) -> None:
        from rich.console import Console  # noqa: PLC0415  (rich takes a while to load)
        from rich.progress import Progress  # noqa: PLC0415

        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task("", total=None)
        self._progress.start()


@contextmanager
def bar() -> Iterator[Bar]:
    """A bar for the block."""
    shown = Bar()
    try:
        yield shown
    finally:
        shown.close()
