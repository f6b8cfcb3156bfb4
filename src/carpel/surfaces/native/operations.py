"""The own API's table of operations: what is served, who may call it, and what it is told.

The description at /openapi.json is made from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from carpel.surfaces.wire.routing import Operation

from . import (
    bodies,
    catalogue,
    changes,
    contacts,
    data,
    directory,
    jobs,
    members,
    operating,
    segment_history,
    segments,
    shapes,
    webhooks,
    writing,
)
from .context import Handler
from .params import Param

READ, WRITE, ADMIN = "api.read", "api.write", "admin"


@dataclass(frozen=True)
class Line(Operation[Handler]):
    """An operation with its parameters, its body and its answer.

    `body` and `answer` are types of msgspec, or names of schemas that the description writes out;
    None for no body. `errors`: statuses besides those that any operation can answer.
    """

    query: tuple[Param, ...] = ()
    body: Any = None
    answer: Any = None
    status: int = 200
    errors: tuple[int, ...] = ()
    streams: tuple[str, ...] = ()  # other media types in which it can be answered


def _get(path: str, handler: Handler, answer: Any, *query: Param, **more: Any) -> Line:
    return Line("GET", path, handler, READ, query=query, answer=answer, **more)


def _post(path: str, handler: Handler, body: Any, answer: Any, **more: Any) -> Line:
    return Line("POST", path, handler, WRITE, body=body, answer=answer, **{"status": 201} | more)


def _patch(path: str, handler: Handler, body: Any, answer: Any, **more: Any) -> Line:
    return Line("PATCH", path, handler, WRITE, body=body, answer=answer, **more)


def _delete(path: str, handler: Handler, **more: Any) -> Line:
    return Line("DELETE", path, handler, WRITE, **{"status": 204} | more)


_SEGMENT = "/segments/{segment}"

OPERATIONS: list[Line] = [
    _get("/segments", segments.list_segments, shapes.Page[shapes.Segment], *segments.LIST_PARAMS),
    _post("/segments", segments.create, bodies.SegmentBody, shapes.Segment),
    Line("POST", "/segments/preview", segments.preview, READ, body=bodies.PreviewBody,
         answer=shapes.Preview),
    Line("POST", "/segments/validate", writing.validate, READ, body=writing.ValidateBody,
         answer=writing.Validated),
    Line("POST", "/segments/complete", writing.complete, READ, body=writing.CompleteBody,
         answer=writing.Completed),
    _get("/segments/schema", writing.schema, dict[str, Any]),
    _get(_SEGMENT, segments.read, shapes.Segment, segments.INCLUDE),
    _patch(_SEGMENT, segments.edit, bodies.SegmentBody, shapes.Segment),
    _delete(_SEGMENT, segments.delete),
    _post(f"{_SEGMENT}/archive", segments.archive, None, shapes.Segment, status=200),
    _post(f"{_SEGMENT}/restore", segments.restore, None, shapes.Segment, status=200),
    _get(f"{_SEGMENT}/members", members.members, shapes.Members, *members.MEMBERS_PARAMS,
         streams=("application/x-ndjson",)),
    _get(f"{_SEGMENT}/members/{{contact}}", members.explain, shapes.Explanation),
    _get(f"{_SEGMENT}/series", segment_history.series, shapes.Series,
         *segment_history.SERIES_PARAMS),
    _get(f"{_SEGMENT}/versions", segment_history.list_versions, shapes.Page[shapes.Version],
         *segment_history.VERSIONS_PARAMS),
    _post(f"{_SEGMENT}/revert", segment_history.revert, bodies.RevertBody, shapes.Segment,
          status=200),
    _get(f"{_SEGMENT}/used-by", segment_history.used_by, shapes.Page[shapes.User]),
    _get(f"{_SEGMENT}/overlap", segment_history.overlap, shapes.Overlaps,
         *segment_history.OVERLAP_PARAMS),
    _get("/changes", changes.read, shapes.Changes, *changes.PARAMS, errors=(410,),
         streams=("text/event-stream", "application/x-ndjson")),
    _post("/contacts", data.post_contacts, "Contacts", shapes.Accepted, status=202,
          query=data.CONTACTS_PARAMS),
    _get("/contacts/{contact}", contacts.read, shapes.Contact),
    _patch("/contacts/{contact}", contacts.edit, "ContactBody", shapes.Contact,
           query=contacts.WAIT_PARAMS),
    _delete("/contacts/{contact}", contacts.erase, query=contacts.WAIT_PARAMS),
    _get("/contacts/{contact}/segments", contacts.segments_of, shapes.Page[shapes.SegmentOf],
         *contacts.SEGMENTS_PARAMS),
    _post("/events", data.post_events, "Events", shapes.Accepted, status=202,
          query=data.EVENTS_PARAMS),
    _get("/fields", catalogue.list_fields, shapes.Page[shapes.Field]),
    _post("/fields", catalogue.create_field, bodies.FieldBody, shapes.Field),
    _get("/fields/{field}", catalogue.read_field, shapes.Field),
    _patch("/fields/{field}", catalogue.rename_field, bodies.NameBody, shapes.Field),
    _delete("/fields/{field}", catalogue.delete_field),
    _get("/lists", catalogue.list_lists, shapes.Page[shapes.List]),
    _post("/lists", catalogue.create_list, bodies.ListBody, shapes.List),
    _get("/lists/{list}", catalogue.read_list, shapes.List),
    _patch("/lists/{list}", catalogue.rename_list, bodies.ListBody, shapes.List),
    _delete("/lists/{list}", catalogue.delete_list),
    _get("/lists/{list}/contacts", catalogue.list_contacts, shapes.Page[shapes.Contact],
         *catalogue.LIST_MEMBERS_PARAMS),
    _get("/webhooks", webhooks.list_webhooks, shapes.Page[shapes.Webhook]),
    _post("/webhooks", webhooks.create, bodies.WebhookBody, shapes.Webhook),
    _get("/webhooks/{webhook}", webhooks.read, shapes.Webhook),
    _patch("/webhooks/{webhook}", webhooks.edit, bodies.WebhookBody, shapes.Webhook),
    _delete("/webhooks/{webhook}", webhooks.delete),
    _get("/webhooks/{webhook}/deliveries", webhooks.list_deliveries,
         shapes.Page[shapes.Delivery], *webhooks.DELIVERIES_PARAMS),
    _post("/webhooks/{webhook}/test", webhooks.test, None, shapes.Delivery, status=200),
    _post("/webhooks/{webhook}/rotate-secret", webhooks.rotate_secret, None, shapes.Webhook,
          status=200, query=webhooks.ROTATE_PARAMS),
    _post("/webhooks/{webhook}/replay", webhooks.replay, None, shapes.Webhook, status=200,
          query=webhooks.REPLAY_PARAMS, errors=(410,)),
    _get("/jobs", jobs.list_jobs, shapes.Page[shapes.Job], *jobs.JOBS_PARAMS),
    _get("/jobs/{job}", jobs.read_job, shapes.Job, *jobs.WAIT_PARAMS),
    _post("/jobs/{job}/cancel", jobs.cancel_job, None, shapes.Job, status=200),
    _get("/exports", jobs.list_exports, shapes.Page[shapes.Job], *jobs.EXPORTS_PARAMS),
    _post("/exports", jobs.create_export, bodies.ExportBody, shapes.Job, status=202),
    _get("/exports/{job}", jobs.read_job, shapes.Job, *jobs.WAIT_PARAMS),
    Line("GET", "/workspaces", directory.list_workspaces, ADMIN,
         answer=shapes.Page[shapes.Workspace]),
    Line("POST", "/workspaces", directory.create_workspace, ADMIN, body=bodies.WorkspaceBody,
         answer=shapes.Workspace, status=201),
    Line("GET", "/keys", directory.list_keys, ADMIN, answer=shapes.Page[shapes.Key]),
    Line("POST", "/keys", directory.create_key, ADMIN, body=bodies.KeyBody, answer=shapes.Key,
         status=201),
    Line("DELETE", "/keys/{key}", directory.revoke_key, ADMIN, answer=shapes.Key),
    Line("GET", "/maintenance", operating.read_maintenance, ADMIN,
         answer=operating.MaintenanceState),
    Line("PATCH", "/maintenance", operating.switch_maintenance, ADMIN,
         body=bodies.MaintenanceBody, answer=operating.MaintenanceState, errors=(409,)),
    Line("POST", "/verify", directory.verify, ADMIN, body=bodies.VerifyBody,
         answer=shapes.Page[shapes.Verified]),
    Line("GET", "/backup", directory.backup, ADMIN, streams=("application/zstd",)),
]  # fmt: skip
