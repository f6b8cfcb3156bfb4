"""The bodies that the own API takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from carpel.kit.numbers import from_text

from .context import Call
from .problems import Problem

Texts = list[str]
# What is checked by the domain, with codes of its own, is told here for readers only.
Name = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": 100})]
LongName = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": 255})]
Code = Annotated[str, Meta(extra_json_schema={"pattern": "^[A-Z0-9_-]{1,64}$"})]
Sql = Annotated[str, Meta(extra_json_schema={"minLength": 1, "examples": ["city = 'Rome'"]})]
Body = TypeVar("Body")


class SegmentBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a segment can be made of; all of it is optional in an edit."""

    name: Name | UnsetType = UNSET
    sql: Sql | UnsetType = UNSET
    document: dict[str, Any] | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    tags: Texts | UnsetType = UNSET
    teams: Texts | UnsetType = UNSET
    note: str | UnsetType = UNSET
    analytics: bool | UnsetType = UNSET
    list: str | UnsetType | None = UNSET


class PreviewBody(msgspec.Struct, forbid_unknown_fields=True):
    """A query to try, as text or as a document."""

    sql: Sql | UnsetType = UNSET
    document: dict[str, Any] | UnsetType = UNSET
    list: str | UnsetType | None = UNSET


class RevertBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which rules shall hold again: those of a version, or those that held at an instant."""

    version: int | UnsetType = UNSET
    at: str | UnsetType = UNSET


class FieldBody(msgspec.Struct, forbid_unknown_fields=True):
    """A field to make."""

    name: Name
    type: str


class NameBody(msgspec.Struct, forbid_unknown_fields=True):
    """A field's new name."""

    name: Name


class ListBody(msgspec.Struct, forbid_unknown_fields=True):
    """A list to make, or its new name."""

    name: LongName


class WorkspaceBody(msgspec.Struct, forbid_unknown_fields=True):
    """A workspace to make."""

    name: Name
    project_key: str | None = None


class KeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """A key to make."""

    name: Name
    permissions: Texts
    allow_ips: Texts = []


class MaintenanceBody(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the vendors' doors are to be closed."""

    on: bool


class VerifyBody(msgspec.Struct, forbid_unknown_fields=True):
    """Segments to verify by id, code or name; all when there are none."""

    segments: Texts = []


class ExportBody(msgspec.Struct, forbid_unknown_fields=True):
    """Members of a segment to be written to a file."""

    segment: str
    format: Literal["csv", "ndjson", "parquet"] = "csv"
    fields: Texts | UnsetType = UNSET


class WebhookBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where changes shall be sent; all of it is optional in an edit.

    No segments mean all. `first_fill`: also what a segment's first computation brings in.
    """

    url: str | UnsetType = UNSET
    segments: Texts | UnsetType = UNSET
    first_fill: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


async def read_body(call: Call, kind: type[Body]) -> Body:
    """The request's body, which must be of this kind.

    Raises:
        Problem: it is too large, no JSON, or something else.
    """
    decoder = msgspec.json.Decoder(kind, float_hook=from_text)
    try:
        return decoder.decode(await call.body())
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        pointer = path.rstrip("`").replace(".", "/").replace("[", "/").replace("]", "")
        raise Problem(400, "bad_body", text, more={"pointer": pointer}) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Problem(400, "not_json", f"the body is not JSON: {error}") from None


def given(value: Any) -> Any:
    """What was given; None when it was not."""
    return None if value is UNSET else value
