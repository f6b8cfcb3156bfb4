"""The door describes itself: every operation, with the permission that it needs."""

from __future__ import annotations

import json

import httpx
import jsonschema

from carpel.surfaces.sendgrid.operations import OPERATIONS
from conftest import Account
from support.sendgrid_openapi import PATCHES, SPECS, documents


def test_every_operation_is_described(account: Account) -> None:
    found = httpx.get(account.server.url + "/openapi/sendgrid.json")
    assert found.status_code == 200
    document = found.json()
    described = {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    assert set(described) == {(one.method, one.path) for one in OPERATIONS}
    for one in OPERATIONS:
        operation = described[one.method, one.path]
        assert operation["summary"]
        assert ("security" in operation) == (not one.permission)
        if one.permission:
            assert one.permission in operation["description"]
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_each_patch_of_the_vendors_files_says_why() -> None:
    patches = json.loads(PATCHES.read_text())
    assert all(patch["why"] for patch in patches)
    if SPECS.exists():
        assert documents()
