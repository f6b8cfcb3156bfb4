"""Callers of SendGrid's door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conftest import Account
from support.sendgrid import Caller, calling


@pytest.fixture(scope="module")
def sendgrid(account: Account) -> Iterator[Caller]:
    """Someone with a key of this module's workspace."""
    with calling(account.server.url, account.key) as caller:
        yield caller


@pytest.fixture(scope="module")
def other(stranger: Account) -> Iterator[Caller]:
    """Someone with a key of another workspace, which has but one segment."""
    with calling(stranger.server.url, stranger.key) as caller:
        yield caller
