"""The languages that a query may be written in; all of them have one meaning."""

from __future__ import annotations

from typing import Literal, TypeAlias

# carpel: a SELECT or a bare condition, with all that Carpel knows.
# sql2: a SELECT of contact_id and updated_at; ids of lists that do not exist fit no one.
# sgql: a bare condition of SendGrid's first language (sgql/ in this room); ids likewise.
Dialect: TypeAlias = Literal["carpel", "sql2", "sgql"]
