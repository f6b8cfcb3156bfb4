"""`carpel maintenance`."""

from __future__ import annotations

import click

from carpel.settings import Settings

from .output import print_json, say
from .session import connect, on_data, with_json


@click.command("maintenance")
@click.argument("state", type=click.Choice(["on", "off"]), required=False)
@with_json
@on_data
def maintenance(*, state: str | None, as_json: bool, settings: Settings) -> None:
    """Close the vendors' doors, open them again, or say how it stands.

    Closed doors answer 503 in their vendor's words; the own API goes on.
    """
    with connect(settings) as client:
        if state is None:
            found = client.get("/maintenance")
        else:
            found = client.patch("/maintenance", {"on": state == "on"})
    if as_json:
        print_json(found)
    else:
        say(f"maintenance is on since {found['since']}" if found["on"] else "maintenance is off")
