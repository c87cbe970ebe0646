"""`threefold compare`: a configuration in, an honest comparison with its baselines out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def compare_command(
    config_file: Annotated[Path, typer.Argument(metavar="CONFIG", help="The TOML file.")],
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of every variant; fewer than 3 allow no verdict.")] = 3,
    output: Annotated[
        Path | None, typer.Option(help="Folder of page, numbers and finished trainings; comparisons/NAME if not given.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Take the log from here instead of `data.path`.")] = None,
) -> None:
    """Train a model and its baselines on the same rows; say what the differences allow. Prints the page's path.

    The same command goes on where it was interrupted.
    """
    from models.atomic import check_writable
    from training.comparison.compare import compare
    from training.comparison.files import PAGE, TRAININGS, write_comparison
    from training.comparison.terminal import print_comparison
    from training.config import load_config

    console = Console(stderr=True)
    config = load_config(config_file).with_overrides(data=data)
    config_text = config_file.read_text(encoding="utf-8")
    folder = output if output is not None else Path("comparisons") / config.name
    check_writable(folder / TRAININGS)
    found = compare(config, seeds, folder / TRAININGS, console)
    write_comparison(folder, found, config_text)
    print_comparison(console, found)
    typer.echo(folder / PAGE)
