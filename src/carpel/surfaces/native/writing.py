"""Help while rules are written: is this right, what can follow, and the schema of the document."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType
from starlette.responses import Response

from carpel.domain.segments import Definition, document_schema

from .bodies import given, read_body
from .context import Call
from .problems import shown_problem

Dialect = Literal["carpel", "sgql", "sql2"]


class ValidateBody(Struct, forbid_unknown_fields=True):
    """Rules to look at, as text or as a document; `dialect` is the language of the text."""

    sql: str | UnsetType = UNSET
    document: Any = UNSET
    dialect: Dialect = "carpel"


class Validated(Struct):
    """Every problem of the rules; without any, what they mean in every form."""

    valid: bool
    problems: list[dict[str, Any]]
    sql: str | UnsetType = UNSET
    document: dict[str, Any] | UnsetType = UNSET
    description: str | UnsetType = UNSET


class CompleteBody(Struct, forbid_unknown_fields=True):
    """An unfinished query and a place in it, in characters from its start; its end if not given."""

    sql: str
    cursor: int | UnsetType = UNSET
    dialect: Dialect = "carpel"


class Suggestion(Struct):
    """Something that can follow; `count` is how often a value occurs."""

    text: str
    kind: str
    type: str | UnsetType = UNSET
    count: int | UnsetType = UNSET


class Completed(Struct):
    """What can follow, the likeliest first; `start` is from where it replaces the text."""

    start: int
    suggestions: list[Suggestion]


async def validate(call: Call) -> Response:
    """`POST /segments/validate`: 200 whether or not the rules are right."""
    body = await read_body(call, ValidateBody)
    wanted = Definition(sql=given(body.sql), document=given(body.document), dialect=body.dialect)
    found = await call.off_loop(call.rooms.assistant.validate, call.workspace, wanted)
    problems = [shown_problem(one) for one in found.problems]
    if problems:
        return call.answer(Validated(valid=False, problems=problems))
    return call.answer(
        Validated(True, [], found.sql or "", found.document or {}, found.sentence or "")
    )


async def complete(call: Call) -> Response:
    """`POST /segments/complete`: fields, operators, words, and values that occur."""
    body = await read_body(call, CompleteBody)
    cursor = len(body.sql) if body.cursor is UNSET else body.cursor
    found = await call.off_loop(
        call.rooms.assistant.complete, call.workspace, body.sql, cursor, body.dialect
    )
    suggestions = [
        Suggestion(one.text, one.kind, one.type or UNSET, UNSET if one.count is None else one.count)
        for one in found.suggestions
    ]
    return call.answer(Completed(found.start, suggestions))


async def schema(call: Call) -> Response:
    """`GET /segments/schema`: the JSON Schema of the document."""
    return call.answer(document_schema())
