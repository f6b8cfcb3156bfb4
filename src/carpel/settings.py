"""What can be set: by flag, then by `CARPEL_…` variable, then in carpel.toml, then by default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

CONFIG_FILE = "carpel.toml"

Source = Literal["flag", "environment", "file", "default"]


class BadSetting(ValueError):
    """A setting has a value that it cannot have, or does not exist."""


@dataclass(frozen=True)
class Settings:
    """Everything that can be set. Each field's metadata is its line in `carpel config`."""

    data: Path = Path("carpel-data")
    host: str = "127.0.0.1"
    port: int = 8080
    rate_limits: bool = True
    batch_count: str = "total"
    maintenance: bool = False
    sendgrid_legacy: bool = False
    sendgrid_cadence: str = "live"
    sendgrid_validation: str = "valid"
    sendgrid_exports: str = "plain"
    trusted_proxies: str = ""
    columns_memory_mb: int = 2048
    engine_memory_mb: int = 4096
    engine_snapshot: bool = True
    audit_every_s: int = 60
    threads: int = 0
    helpers: int = -1
    log_level: str = "warning"
    changes_days: int = 90
    webhooks_private: bool = False
    metrics_open: bool = False
    otel_endpoint: str = ""
    log_format: str = "text"
    lang: str = "en"


DESCRIPTIONS: dict[str, str] = {
    "data": "the data directory",
    "host": "the address to serve on",
    "port": "the port to serve on; 0 takes a free one",
    "rate_limits": "on or off: hold callers to the vendors' rate limits",
    "batch_count": "what Batch's `count` says: total, or page for the items of the page",
    "sendgrid_legacy": "on or off: serve SendGrid's removed operations of segments v1",
    "sendgrid_cadence": "how fresh SendGrid's counts are: live, or vendor for its schedule",
    "maintenance": "on or off: the vendors' doors answer that they are under maintenance",
    "sendgrid_validation": "what SendGrid's door says of a new segment: valid at once, or pending",
    "sendgrid_exports": "how SendGrid's door writes the files of exports: plain or gzip",
    "trusted_proxies": "addresses whose X-Forwarded-For is believed, with commas between",
    "columns_memory_mb": "memory for the column store, in MiB",
    "engine_memory_mb": "memory for segments kept live, in MiB; beyond it they are recounted instead",
    "engine_snapshot": "on or off: keep live segments over a restart, in the data directory",
    "audit_every_s": "seconds between segments that are held against a recompute; 0 for never",
    "threads": "threads for the column store; 0 takes one for each processor",
    "helpers": "processes that read large requests; -1 takes processors less one, 4 at most",
    "log_level": "debug, info, warning or error",
    "metrics_open": "on or off: show /metrics of all workspaces to everybody, without a key",
    "otel_endpoint": "where traces go by OTLP over HTTP, such as http://localhost:4318",
    "log_format": "text or json",
    "webhooks_private": "on or off: let webhooks send to private addresses of networks",
    "lang": "en or fr: the language in which rules are told to people",
    "changes_days": "days for which single changes of membership are kept; 0 keeps all",
}

_CHOICES: dict[str, tuple[str, ...]] = {
    "batch_count": ("total", "page"),
    "sendgrid_cadence": ("live", "vendor"),
    "lang": ("en", "fr"),
    "sendgrid_validation": ("valid", "pending"),
    "sendgrid_exports": ("plain", "gzip"),
    "log_format": ("text", "json"),
    "log_level": ("debug", "info", "warning", "error"),
}
_SWITCH = {
    "on": True,
    "true": True,
    "1": True,
    "yes": True,
    "off": False,
    "false": False,
    "0": False,
    "no": False,
}
_HIGHEST_PORT = 65_535


def load(
    flags: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> tuple[Settings, dict[str, Source]]:
    """The settings in force, and where each comes from.

    Args:
        flags: what was given on the command line; None values were not given.
        environment: the variables, those of the process when None.
        folder: where carpel.toml is looked for, the working directory when None.

    Raises:
        BadSetting: names the setting, its source and what it can be.
    """
    variables = os.environ if environment is None else environment
    file = _read_file((folder or Path()) / CONFIG_FILE)
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for field in fields(Settings):
        name = field.name
        variable = f"CARPEL_{name.upper()}"
        if flags.get(name) is not None:
            values[name], sources[name] = _checked(name, flags[name], f"--{name}"), "flag"
        elif variable in variables:
            values[name], sources[name] = (
                _checked(name, variables[variable], variable),
                "environment",
            )
        elif name in file:
            values[name], sources[name] = _checked(name, file[name], CONFIG_FILE), "file"
        else:
            sources[name] = "default"
    return Settings(**values), sources


def _read_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        found = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path}: {error}") from None
    unknown = set(found) - {field.name for field in fields(Settings)}
    if unknown:
        raise BadSetting(f"{path}: there is no setting {min(unknown)!r}")
    return found


def _checked(name: str, value: Any, where: str) -> Any:
    default = getattr(Settings, name)
    if isinstance(default, Path):
        return Path(str(value)).expanduser()
    if isinstance(default, bool):
        return _switch(value, name, where)
    if isinstance(default, int):
        return _number(value, name, where)
    text = str(value)
    if name in _CHOICES and text not in _CHOICES[name]:
        raise BadSetting(f"{where}: {name} is {' or '.join(_CHOICES[name])}, not {text!r}")
    return text


def _switch(value: Any, name: str, where: str) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word not in _SWITCH:
        raise BadSetting(f"{where}: {name} is on or off, not {value!r}")
    return _SWITCH[word]


def _number(value: Any, name: str, where: str) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise BadSetting(f"{where}: {name} is a whole number, not {value!r}") from None
    if number < 0 or (name == "port" and number > _HIGHEST_PORT):
        raise BadSetting(f"{where}: {name} cannot be {number}")
    return number
