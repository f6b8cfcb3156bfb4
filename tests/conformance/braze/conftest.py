"""The vendor's clients, unmodified."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from conftest import Account
from support.fetched import CLIENTS
from support.node import Node
from support.pythons import CERTIFICATES, python_with
from support.talks import Talk, talking

Opened = Callable[[Account], Talk]


@pytest.fixture(scope="session")
def mcp_python() -> Path:
    return python_with("braze-mcp-server", at_least="3.12")


@pytest.fixture
def braze_api(node: Node) -> Iterator[Opened]:
    """Opens braze-api on an account."""
    with ExitStack() as stack:
        script = CLIENTS / "node" / "braze.mjs"
        yield lambda account: stack.enter_context(
            talking(node.talk(script, account.server.url, account.key))
        )


@pytest.fixture
def braze_mcp(mcp_python: Path) -> Iterator[Opened]:
    """Opens braze-mcp-server on an account."""
    script = CLIENTS / "python" / "braze_mcp.py"

    def opened(account: Account) -> Talk:
        variables = {"BRAZE_BASE_URL": account.server.url, "BRAZE_API_KEY": account.key}
        kept = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
        command = [str(mcp_python), str(script)]
        return stack.enter_context(
            talking(Talk(command, CLIENTS, {**CERTIFICATES, **kept, **variables}))
        )

    with ExitStack() as stack:
        yield opened
