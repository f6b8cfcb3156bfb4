"""`query_json`: SGQL as a tree of the old specification's shape."""

from __future__ import annotations

import json

import pytest

from carpel.query.problems import Refused
from carpel.query.sgql.tree import sgql_tree


def ident(name: str) -> dict[str, str]:
    return {"v": name, "t": "ident"}


def string(text: str) -> dict[str, str]:
    return {"v": text, "t": "string"}


TREES = {
    "email LIKE '%gmail.com'": {"op": "like", "l": ident("email"), "r": string("%gmail.com")},
    "email LIKE '100%%_'": {"op": "like", "l": ident("email"), "r": string("100%%_")},
    "postal_code NOT IN ('1', '2')":
        {"op": "not in", "l": ident("postal_code"), "r": {"v": ["1", "2"], "t": "list"}},
    "NOT CONTAINS(list_ids, 'a')":
        {"op": "not", "r": {"v": "contains", "t": "func", "args": [ident("list_ids"), string("a")]}},
    "first_name IS NOT NULL": {"op": "is not", "l": ident("first_name"), "r": {"v": "null", "t": "null"}},
    "2 - 3 + 4 = 5": {
        "op": "=",
        "l": {"op": "-", "l": {"v": "2", "t": "number"},
              "r": {"op": "+", "l": {"v": "3", "t": "number"}, "r": {"v": "4", "t": "number"}}},
        "r": {"v": "5", "t": "number"},
    },
    "event_timestamp >= NOW() - interval 10 day": {
        "op": ">=", "l": ident("event_timestamp"),
        "r": {"op": "-", "l": {"v": "now", "t": "func", "args": []}, "r": {"v": "10 day", "t": "interval"}},
    },
    "event_data['a'] = \"it's\"": {"op": "=", "l": ident("event_data.a"), "r": string("it's")},
}  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), TREES.items())
def test_the_tree_of(text: str, tree: object) -> None:
    assert sgql_tree(text) == {"contacts": tree}


def test_a_long_row_is_no_deep_tree() -> None:
    tree = sgql_tree(" OR ".join(f"city = '{number}'" for number in range(1000)))
    assert json.dumps(tree).count('"op": "="') == 1000


def test_what_is_no_query_has_no_tree() -> None:
    with pytest.raises(Refused):
        sgql_tree("city = ")
