"""The `carpel` command."""

import sys


def main() -> None:
    """Run the command line; its exit status becomes the process's."""
    from carpel.cli.main import run  # noqa: PLC0415  (keeps `python -c 'import carpel'` light)

    sys.exit(run())


if __name__ == "__main__":
    main()
