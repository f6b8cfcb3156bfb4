"""The description as a page: every operation, its parameters, bodies and answers, to be read."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

import msgspec

from .description import description

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;
background:#fff}h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:1px solid #ccd}
details{border:1px solid #dde;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}
summary{cursor:pointer}code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:#f5f6f9;padding:.6rem;
overflow:auto}.m{display:inline-block;width:4.2rem;font-weight:600}.GET{color:#0a6b3d}.POST{color:#1550a8}
.PATCH{color:#8a5a00}.DELETE{color:#a32020}td,th{text-align:left;vertical-align:top;padding:.15rem .8rem
.15rem 0}nav a{margin-right:.8rem}
@media(prefers-color-scheme:dark){body{background:#15181d;color:#dde}pre{background:#20252d}
details{border-color:#39414d}.GET{color:#5c9}.POST{color:#7ae}.PATCH{color:#db6}.DELETE{color:#f88}}
"""


@cache
def page() -> bytes:
    """The page, without a script and without anything from elsewhere."""
    document = msgspec.json.decode(description())
    tags = document["tags"]
    nav = "".join(f'<a href="#{one["name"]}">{one["name"]}</a>' for one in tags)
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width,initial-scale=1">',
        f"<title>Carpel API</title><style>{_STYLE}</style>",
        f"<h1>Carpel API</h1><p>Version {escape(document['info']['version'])} · ",
        '<a href="/openapi.json">openapi.json</a></p>',
        f"<nav>{nav}<a href=#schemas>schemas</a></nav>",
    ]
    for tag in tags:
        parts.append(
            f'<h2 id="{tag["name"]}">{tag["name"]}</h2><p>{escape(tag["description"])}</p>'
        )
        for path, methods in document["paths"].items():
            parts += [
                _operation(path, method.upper(), one)
                for method, one in methods.items()
                if tag["name"] in one["tags"]
            ]
    parts.append("<h2 id=schemas>schemas</h2>")
    for name, schema in document["components"]["schemas"].items():
        shown = escape(_pretty(schema))
        parts.append(
            f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code> '
            f"{escape(schema.get('description', ''))}</summary><pre>{shown}</pre></details>"
        )
    return "".join(parts).encode()


def _operation(path: str, method: str, one: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(param['name'])}</code></td><td>{param['in']}</td>"
        f"<td>{escape(param.get('description', ''))} <code>{escape(_short(param['schema']))}</code>"
        "</td></tr>"
        for param in one["parameters"]
    )
    table = f"<table>{rows}</table>" if rows else ""
    body = ""
    if "requestBody" in one:
        body = f"<p>Body: {_kinds(one['requestBody']['content'])}</p>"
    answers = "".join(
        f"<li>{status}: {_kinds(answer.get('content', {}))}</li>"
        for status, answer in one["responses"].items()
        if status < "300"
    )
    return (
        f'<details id="{one["operationId"]}"><summary><span class="m {method}">{method}</span>'
        f"<code>{escape(path)}</code> {escape(one['summary'])}</summary>"
        f"<p>{escape(one['description'])}</p>{table}{body}<p>Answers:</p><ul>{answers}</ul></details>"
    )


def _kinds(content: dict[str, Any]) -> str:
    found = []
    for media_type, one in content.items():
        name = one["schema"].get("$ref", "").rpartition("/")[2]
        link = f' <a href="#schema-{name}">{name}</a>' if name else ""
        found.append(f"<code>{escape(media_type)}</code>{link}")
    return ", ".join(found) or "nothing"


def _short(schema: dict[str, Any]) -> str:
    words = schema.get("enum")
    return " | ".join(words) if words else str(schema.get("format", schema["type"]))


def _pretty(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
