"""The door's table of operations, and what each needs of a key."""

from __future__ import annotations

from carpel.surfaces.wire.limits import Window
from carpel.surfaces.wire.routing import Operation

from . import (
    contacts,
    event_webhook,
    exports,
    field_definitions,
    imports,
    jobs,
    lists,
    searching,
    segments_v1,
    segments_v2,
)
from .context import Handler

READ = "marketing.read"
WRITE = "marketing.write"
# No key: the request is signed.
SIGNED = ""

# Limits recorded live; the window is not published, but resets seen were below a minute (§6.3).
ORDINARY = Window(600, 60)
SEARCHES = Window(200, 60)
# What happened is not to be lost: SendGrid gives up after a day.
EVENTS = Window(60_000, 60)
SEARCHING = (searching.by_query, searching.by_emails, searching.by_identifiers)

OPERATIONS: list[Operation[Handler]] = [
    Operation("GET", "/segments", segments_v1.list_segments, READ),
    Operation("POST", "/segments", segments_v1.create, WRITE),
    Operation("POST", "/segments/delete", segments_v1.delete_many, WRITE),
    Operation("GET", "/segments/2.0", segments_v2.list_segments, READ),
    Operation("POST", "/segments/2.0", segments_v2.create, WRITE),
    Operation("POST", "/segments/2.0/refresh/{segment_id}", segments_v2.refresh, WRITE),
    Operation("GET", "/segments/2.0/{segment_id}", segments_v2.read, READ),
    Operation("PATCH", "/segments/2.0/{segment_id}", segments_v2.edit, WRITE),
    Operation("DELETE", "/segments/2.0/{segment_id}", segments_v2.delete, WRITE),
    Operation("GET", "/segments/{segment_id}", segments_v1.read, READ),
    Operation("PATCH", "/segments/{segment_id}", segments_v1.edit, WRITE),
    Operation("DELETE", "/segments/{segment_id}", segments_v1.delete, WRITE),
    Operation("GET", "/contacts", contacts.recent, READ),
    Operation("PUT", "/contacts", contacts.upsert, WRITE),
    Operation("DELETE", "/contacts", contacts.delete, WRITE),
    Operation("POST", "/contacts/batch", contacts.batch, READ),
    Operation("GET", "/contacts/count", contacts.count, READ),
    Operation("POST", "/contacts/search", searching.by_query, READ),
    Operation("POST", "/contacts/search/emails", searching.by_emails, READ),
    Operation("POST", "/contacts/search/identifiers/{type}", searching.by_identifiers, READ),
    Operation("PUT", "/contacts/imports", imports.create, WRITE),
    Operation("GET", "/contacts/imports/{id}", jobs.read, READ),
    Operation("POST", "/contacts/exports", exports.create, READ),
    Operation("GET", "/contacts/exports", exports.list_exports, READ),
    Operation("GET", "/contacts/exports/{id}", exports.read, READ),
    Operation("GET", "/contacts/{id}", contacts.read, READ),
    Operation("DELETE", "/contacts/{id}/identifiers", contacts.delete_identifier, WRITE),
    Operation("GET", "/lists", lists.list_lists, READ),
    Operation("POST", "/lists", lists.create, WRITE),
    Operation("GET", "/lists/{id}", lists.read, READ),
    Operation("PATCH", "/lists/{id}", lists.rename, WRITE),
    Operation("DELETE", "/lists/{id}", lists.delete, WRITE),
    Operation("DELETE", "/lists/{id}/contacts", lists.remove_contacts, WRITE),
    Operation("GET", "/lists/{id}/contacts/count", lists.count, READ),
    Operation("GET", "/field_definitions", field_definitions.list_fields, READ),
    Operation("POST", "/field_definitions", field_definitions.create, WRITE),
    Operation("PATCH", "/field_definitions/{field_id}", field_definitions.rename, WRITE),
    Operation("DELETE", "/field_definitions/{field_id}", field_definitions.delete, WRITE),
    Operation("GET", "/event_webhook", event_webhook.read, READ),
    Operation("PUT", "/event_webhook", event_webhook.open_inlet, WRITE),
    Operation("DELETE", "/event_webhook", event_webhook.close_inlet, WRITE),
    Operation("POST", "/event_webhook", event_webhook.take_with_key, WRITE),
    Operation("POST", "/event_webhook/{inlet}", event_webhook.take_signed, SIGNED),
]


def window_of(operation: Operation[Handler]) -> tuple[str, Window]:
    """The limit an operation counts against, and its name."""
    if operation.handler is event_webhook.take_with_key:
        return "events", EVENTS
    if operation.handler in SEARCHING:
        return "search", SEARCHES
    return "all", ORDINARY
