"""`carpel verify`."""

from __future__ import annotations

import click

from carpel.settings import Settings

from .output import bar, print_json
from .session import connect, in_workspace, on_data, quoted, with_json


@click.command()
@click.argument("refs", nargs=-1, metavar="[REF]…")
@in_workspace
@with_json
@on_data
def verify(*, refs: tuple[str, ...], workspace: str, as_json: bool, settings: Settings) -> int:
    """Recompute membership from scratch and compare it, contact by contact.

    Without REF every segment of the workspace is compared. Exit status 1 when anything differs.
    """
    results = []
    with connect(settings, workspace) as client, bar() as progress:
        chosen = [client.get(f"/segments/{quoted(ref)}")["id"] for ref in refs] or [
            one["id"] for one in client.everything("/segments", limit=1000, archived="all")
        ]
        for place, segment_id in enumerate(chosen):
            progress("comparing", place, len(chosen))
            results.extend(client.post("/verify", {"segments": [segment_id]})["data"])
    if as_json:
        print_json(results)
    else:
        for result in results:
            _show(result)
    return int(any(result["total_differences"] for result in results))


def _show(result: dict) -> None:  # type: ignore[type-arg]
    same = not result["total_differences"]
    mark = click.style("✓", fg="green") if same else click.style("✗", fg="red")
    click.echo(
        f"{mark} {result['name']}: {result['count']:,} kept, {result['recomputed']:,} recomputed"
    )
    for one in result["differences"]:
        contact = one["contact"] or {}
        who = (
            contact.get("external_id")
            or contact.get("email")
            or contact.get("id")
            or "a deleted contact"
        )
        click.echo(f"    {who}: {'in' if one['kept'] else 'out'} as kept, "
                   f"{'in' if one['recomputed'] else 'out'} recomputed"
                   + (f", by: {one['clause']}" if one["clause"] else ""))  # fmt: skip
