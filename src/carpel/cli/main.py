"""The command line: all commands, and what becomes of their errors."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from carpel import __version__
from carpel.client import ApiError, Unreachable
from carpel.importers.rows import BadFile
from carpel.settings import BadSetting
from carpel.storage.backup import BadBackup
from carpel.storage.directory import DirectoryInUse, FormatTooNew, NoDataDirectory
from carpel.storage.log import LogDamaged

from . import backup, config, demo, imports, keys, maintenance, segments, serve, verify, workspaces
from .output import complain, show_problem

DONE, FAILED, WRONG_USAGE = 0, 1, 2

_FAILURES = (
    BadBackup, BadFile, DirectoryInUse, FormatTooNew, LogDamaged, NoDataDirectory, Unreachable,
    OSError,
)  # fmt: skip


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Shell completion: carpel completion bash|zsh|fish",
)
@click.version_option(__version__, prog_name="carpel")
def carpel() -> None:
    """Carpel, the open, self-hosted audience segmentation server."""


for command in (
    serve.serve, demo.demo, workspaces.workspace, keys.key, workspaces.field, imports.import_,
    segments.segment, verify.verify, backup.backup, backup.restore, maintenance.maintenance, config.config,
    config.completion,
):  # fmt: skip
    carpel.add_command(command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit status: 0 done, 1 failed, 2 wrong usage."""
    try:
        status = carpel.main(args=arguments, prog_name="carpel", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.UsageError as error:
        error.show(sys.stderr)
        return WRONG_USAGE
    except click.ClickException as error:
        error.show(sys.stderr)
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        complain("stopped")
        return FAILED
    except ApiError as error:
        show_problem(error)
        return FAILED
    except BadSetting as error:
        complain(str(error))
        return WRONG_USAGE
    except BrokenPipeError:
        return FAILED
    except _FAILURES as error:
        complain(str(error))
        return FAILED
    return status if isinstance(status, int) else DONE
