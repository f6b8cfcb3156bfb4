"""Lists, fields, keys and workspaces; jobs and exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from carpel.client import models as m

from .request import Request, at

Format = Literal["csv", "ndjson", "parquet"]
LONGEST_WAIT_S = 60


def lists() -> Request[m.Page[m.List]]:
    """All lists."""
    return Request("GET", "/lists", m.Page[m.List])


def list_(reference: str) -> Request[m.List]:
    """One, by id or name."""
    return Request("GET", at("lists", reference), m.List)


def create_list(name: str, key: str | None = None) -> Request[m.List]:
    """A new, empty one."""
    return Request("POST", "/lists", m.List, body={"name": name}, key=key)


def rename_list(reference: str, name: str) -> Request[m.List]:
    """Another name for it."""
    return Request("PATCH", at("lists", reference), m.List, body={"name": name})


def delete_list(reference: str) -> Request[None]:
    """It is gone; who was in it stays."""
    return Request("DELETE", at("lists", reference), type(None))


def list_contacts(reference: str, limit: int) -> Request[m.Page[m.Contact]]:
    """Who is in a list."""
    return Request("GET", at("lists", reference, "contacts"), m.Page[m.Contact], {"limit": limit})


def fields() -> Request[m.Page[m.Field]]:
    """All fields, reserved ones first."""
    return Request("GET", "/fields", m.Page[m.Field])


def create_field(name: str, field_type: str) -> Request[m.Field]:
    """A new one: text, number, date, boolean, text-list or object."""
    return Request("POST", "/fields", m.Field, body={"name": name, "type": field_type})


def rename_field(name: str, new_name: str) -> Request[m.Field]:
    """Another name for it; its values stay."""
    return Request("PATCH", at("fields", name), m.Field, body={"name": new_name})


def delete_field(name: str) -> Request[None]:
    """It is gone, and its values."""
    return Request("DELETE", at("fields", name), type(None))


def keys() -> Request[m.Page[m.Key]]:
    """The workspace's keys."""
    return Request("GET", "/keys", m.Page[m.Key])


def create_key(
    name: str, permissions: Sequence[str], allow_ips: Sequence[str] = ()
) -> Request[m.Key]:
    """A new one; the answer alone has its secret."""
    body = {"name": name, "permissions": list(permissions), "allow_ips": list(allow_ips)}
    return Request("POST", "/keys", m.Key, body=body)


def revoke_key(key_id: str) -> Request[m.Key]:
    """Nobody gets in with it any more."""
    return Request("DELETE", at("keys", key_id), m.Key)


def workspaces() -> Request[m.Page[m.Workspace]]:
    """All workspaces."""
    return Request("GET", "/workspaces", m.Page[m.Workspace])


def create_workspace(name: str, project_key: str | None = None) -> Request[m.Workspace]:
    """A new one."""
    body = {"name": name, "project_key": project_key}
    return Request("POST", "/workspaces", m.Workspace, body=body)


def jobs(kind: str | None = None) -> Request[m.Page[m.Job]]:
    """The newest jobs."""
    return Request("GET", "/jobs", m.Page[m.Job], {"kind": kind, "limit": 1_000})


def job(job_id: str, wait: int = 0) -> Request[m.Job]:
    """How far it is; waits so many seconds for its end."""
    return Request("GET", at("jobs", job_id), m.Job, {"wait": wait})


def cancel_job(job_id: str) -> Request[m.Job]:
    """Have it stop."""
    return Request("POST", at("jobs", job_id, "cancel"), m.Job)


def exports() -> Request[m.Page[m.Job]]:
    """The newest exports."""
    return Request("GET", "/exports", m.Page[m.Job], {"limit": 1_000})


def create_export(
    segment: str, format_: Format, fields: Sequence[str] | None = None, key: str | None = None
) -> Request[m.Job]:
    """Have a segment's members written to a file."""
    body: dict[str, Any] = {"segment": segment, "format": format_}
    if fields is not None:
        body["fields"] = list(fields)
    return Request("POST", "/exports", m.Job, body=body, key=key)
