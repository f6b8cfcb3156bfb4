"""`carpel serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from carpel.settings import Settings, load


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The data directory, made when it is missing.  [default: ./carpel-data]",
)
@click.option("--host", metavar="ADDRESS", help="The address to serve on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65_535),
              help="The port to serve on; 0 takes a free one.  [default: 8080]")  # fmt: skip
def serve(**flags: Any) -> None:
    """Serve all doors and the API until told to stop."""
    from carpel.app.service import Service  # noqa: PLC0415  (takes a while to load)

    settings, _ = load(flags)
    service = Service.open(settings)
    try:
        run_server(
            service,
            settings,
            lambda url: click.echo(f"Carpel serves {url} (data in {settings.data})"),
        )
    finally:
        service.close()


def run_server(service: Any, settings: Settings, on_ready: Any) -> None:
    """Serve an open service; the caller closes it."""
    from carpel.app import logs  # noqa: PLC0415
    from carpel.app.serve import CannotListen, serve as serve_service  # noqa: PLC0415
    from carpel.app.tracing import NoTelemetry  # noqa: PLC0415

    logs.set_up(settings.log_level, settings.log_format)
    try:
        serve_service(service, settings, on_ready)
    except (CannotListen, NoTelemetry) as error:
        raise click.ClickException(str(error)) from None
