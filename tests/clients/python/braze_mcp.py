"""Braze's MCP server, unmodified, asked over stdio by an MCP client, which a test drives.

A line `{"function": ..., "parameters": {...}}` is answered with what `call_function` gave.
Runs in the environment of braze-mcp-server.txt, with BRAZE_BASE_URL and BRAZE_API_KEY set.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main() -> None:
    """Answer until the input ends."""
    command = str(Path(sys.executable).parent / "braze-mcp-server")
    server = StdioServerParameters(command=command, env=dict(os.environ))
    async with (
        stdio_client(server) as (reading, writing),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked = json.loads(line)
            arguments = {"function_name": asked["function"], "parameters": asked["parameters"]}
            told = await session.call_tool("call_function", arguments)
            sys.stdout.write(told.content[0].text.replace("\n", " ") + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
