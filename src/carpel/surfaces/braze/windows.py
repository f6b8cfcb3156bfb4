"""How many requests each endpoint takes, per workspace (contracts/braze.md §5)."""

from __future__ import annotations

from carpel.surfaces.wire.limits import Window

# Endpoints that share a bucket share its name.
_HOURLY = ("most", Window(250_000, 3600))
_CATALOGUES = ("catalogues", Window(1_000, 3600))
_OF: dict[str, tuple[str, Window]] = {
    "/users/track": ("track", Window(3_000, 3)),
    "/users/delete": ("delete", Window(20_000, 60)),
    "/users/identify": ("delete", Window(20_000, 60)),
    "/users/alias/new": ("delete", Window(20_000, 60)),
    "/users/export/ids": ("export-ids", Window(2_500, 60)),
    "/custom_attributes": _CATALOGUES,
    "/events": _CATALOGUES,
    "/events/list": _CATALOGUES,
    "/purchases/product_list": _CATALOGUES,
}


def window_of(path: str) -> tuple[str, Window]:
    """The name and the window of the bucket that a request to this path draws from."""
    return _OF.get(path, _HOURLY)
