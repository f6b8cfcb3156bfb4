"""The `carpel` command."""

import sys
from importlib.abc import MetaPathFinder

from typing_extensions import override

from carpel.kit.garbage import look_seldom


class _WithoutPandas(MetaPathFinder):
    """Lets pandas look absent in this process.

    pyarrow loads all of pandas, for a second, wherever it is installed; no command has a use for it.
    """

    @override
    def find_spec(self, name: str, *_: object) -> None:
        """Refuse pandas, leave everything else to the finders behind."""
        if name == "pandas":
            raise ModuleNotFoundError("carpel's commands do without pandas", name=name)


def main() -> None:
    """Run the command line; its exit status becomes the process's."""
    sys.meta_path.insert(0, _WithoutPandas())
    look_seldom()
    from carpel.cli.main import run  # noqa: PLC0415  (after the finder is in place)

    sys.exit(run())


if __name__ == "__main__":
    main()
