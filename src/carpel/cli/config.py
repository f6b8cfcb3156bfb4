"""`carpel config` and `carpel completion`."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

from carpel.settings import DESCRIPTIONS, Settings, load

from .output import print_json, print_table
from .session import with_json


@click.command()
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR")
@with_json
def config(*, data: Path | None, as_json: bool) -> None:
    """What is set, to what, and where that comes from.

    A flag comes first, then a CARPEL_… variable, then carpel.toml in the working directory.
    """
    settings, sources = load({"data": data})
    rows = [
        (one.name, _shown(getattr(settings, one.name)), sources[one.name])
        for one in fields(Settings)
    ]
    if as_json:
        print_json({name: {"value": value, "source": source} for name, value, source in rows})
        return
    print_table(
        ["SETTING", "VALUE", "FROM", "MEANING"],
        [[name, _text(value), source, DESCRIPTIONS[name]] for name, value, source in rows],
    )


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes carpel's commands in a shell.

    For bash: put `eval "$(carpel completion bash)"` into ~/.bashrc.
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  (click knows the three)
    click.echo(kind(context.find_root().command, {}, "carpel", "_CARPEL_COMPLETE").source())


def _shown(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _text(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
