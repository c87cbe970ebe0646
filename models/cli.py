"""The `threefold` command. Each side adds its own commands through the entry points `threefold.commands`."""

import sys
from importlib.metadata import entry_points, version
from typing import Annotated

import typer
from rich.console import Console

from models.errors import ThreefoldError
from models.registry.commands import register as register_models

EXIT_REFUSED = 2
"""Exit code for everything that the user can mend."""

_SERVING_LIBRARIES = {"fastapi", "orjson", "prometheus_client", "pydantic_settings", "starlette", "uvicorn"}


def build() -> typer.Typer:
    """The command with the subcommands of every installed side."""
    app = typer.Typer(
        name="threefold",
        help="Multi-task recommender: impression logs in, one model out, one endpoint for all its heads.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for entry in sorted(entry_points(group="threefold.commands"), key=lambda entry: entry.name, reverse=True):
        try:
            register = entry.load()
        except ModuleNotFoundError as error:
            if error.name != entry.name:
                raise
            continue  # an image for one side holds only that side's package
        register(app)
    register_models(app)
    return app


def main() -> None:
    """Run the command; an error that the user can mend is one paragraph and exit code 2."""
    try:
        build()()
    except ThreefoldError as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(
            f"a path is there, of the right kind and writable; found: {error}. Choose another path, or make room and "
            "rights for this one"
        )
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name in {"models", "training", "service"}:
            raise
        extra = "serve" if name in _SERVING_LIBRARIES else "train"
        _refuse(f'this command needs {name}, which is not installed: pip install ".[{extra}]" in a checkout')


def _options(
    show_version: Annotated[bool, typer.Option("--version", is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """Options of the command itself. With them, a single subcommand stays a subcommand."""
    if show_version:
        typer.echo(version("threefold"))
        raise typer.Exit


def _refuse(reason: str) -> None:
    Console(stderr=True).print(f"error: {reason}", soft_wrap=True, highlight=False, markup=False)
    sys.exit(EXIT_REFUSED)


if __name__ == "__main__":
    main()
