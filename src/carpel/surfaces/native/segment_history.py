"""How a segment has been: sizes and rules over time; and how it stands among others."""

from __future__ import annotations

from starlette.responses import Response

from carpel.domain.history import INTERVALS, zone_of
from carpel.domain.segments.use import overlaps
from carpel.domain.segments.versions import revert as revert_segment, version_at, versions
from carpel.kit.clock import DAY
from carpel.kit.instants import format_instant, parse_instant

from . import params, shapes
from .bodies import RevertBody, given, read_body
from .context import Call
from .problems import Problem
from .segments import segment_of, users_of

_DAYS = 30

SERIES_PARAMS = (
    params.instant("from", f"Where it begins; {_DAYS} days before its end when not given."),
    params.instant("to", "Where it ends; now when not given."),
    params.choice("interval", "How long one step is. Weeks begin on Monday.", INTERVALS, "day"),
    params.text("timezone", "Whose days, such as Europe/Paris; UTC when not given."),
)
OVERLAP_PARAMS = (params.texts("with", "The other segments, by id, code or name."),)
VERSIONS_PARAMS = (params.instant("at", "Only the rules that held then."),)


async def series(call: Call) -> Response:
    """Size, entered, left and net by the hour, day, week or month; and when the rules changed."""
    found = segment_of(call)
    zone = zone_of(call.given["timezone"] or "UTC")
    end = call.given["to"] if call.given["to"] is not None else call.rooms.clock.now() + 1
    start = call.given["from"] if call.given["from"] is not None else end - _DAYS * DAY
    if start >= end:
        raise Problem(400, "bad_parameter", "from is before to", more={"parameter": "from"})
    await call.off_loop(call.rooms.segments.settle, [found])
    await call.off_loop(call.rooms.feed.flush)
    interval = call.given["interval"]
    stretches = await call.off_loop(
        call.rooms.history.series, found.no, (start, end), interval, zone
    )
    rules = await call.off_loop(versions, call.rooms.segments, found)
    return call.answer(
        shapes.Series(
            interval,
            zone.key,
            [shapes.Stretch.of(one) for one in stretches],
            [
                shapes.DefinitionChange(one.version, format_instant(one.at))
                for one in rules
                if start <= one.at < end
            ],
        )
    )


async def list_versions(call: Call) -> Response:
    """All rules that the segment has had, the oldest first; or those that held at an instant."""
    found = segment_of(call)
    if call.given["at"] is not None:
        one = await call.off_loop(version_at, call.rooms.segments, found, call.given["at"])
        return call.answer(shapes.Page([shapes.Version.of(one)]))
    rules = await call.off_loop(versions, call.rooms.segments, found)
    return call.answer(shapes.Page([shapes.Version.of(one) for one in rules]))


async def revert(call: Call) -> Response:
    """Earlier rules hold again, as a new version."""
    body = await read_body(call, RevertBody)
    found = segment_of(call)
    number, at = given(body.version), given(body.at)
    if (number is None) == (at is None):
        raise Problem(400, "bad_body", "version or at is given, one of the two")
    if at is not None:
        instant = parse_instant(at)
        if instant is None:
            raise Problem(400, "bad_body", "at is an instant", more={"pointer": "/at"})
        number = (await call.off_loop(version_at, call.rooms.segments, found, instant)).version
    changed = await call.off_loop(
        revert_segment, call.rooms.segments, call.workspace, found, number
    )
    await call.off_loop(call.rooms.segments.settle, [changed])
    return call.answer(shapes.Segment.of(changed, call.rooms.segments))


async def used_by(call: Call) -> Response:
    """What refers to the segment, and so keeps it from being deleted."""
    users = await call.off_loop(users_of, call, segment_of(call))
    return call.answer(shapes.Page([shapes.User(one.kind, one.id, one.name) for one in users]))


async def overlap(call: Call) -> Response:
    """How many members the segment shares with others."""
    found = segment_of(call)
    references = call.given["with"]
    if not references:
        raise Problem(400, "bad_parameter", "with names a segment", more={"parameter": "with"})
    others = [call.rooms.segments.read(call.workspace, one) for one in references]
    size, beside = await call.off_loop(overlaps, call.rooms.segments, found, others)
    data = [
        shapes.Overlap(
            one.other.id,
            one.size,
            one.both,
            size - one.both,
            one.size - one.both,
            round(one.both / size, 6) if size else None,
        )
        for one in beside
    ]
    return call.answer(shapes.Overlaps(found.id, size, data))
