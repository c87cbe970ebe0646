"""`threefold lr-range`: a configuration in, a learning rate for each subnet out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def lr_range_command(
    config_file: Annotated[Path, typer.Argument(metavar="CONFIG", help="The TOML file.")],
    output: Annotated[
        Path | None, typer.Option(help="New folder of page, numbers and TOML; rates/NAME if not given.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Take the log from here instead of `data.path`.")] = None,
    seed: Annotated[int | None, typer.Option(help="Use this seed instead of `training.seed`.")] = None,
) -> None:
    """Sweep the rate of each subnet in short runs and propose one for each. Prints the lines to paste."""
    from training.config import load_config
    from training.pipeline import prepare
    from training.rates.files import PAGE, check_new, write_rates
    from training.rates.snippet import toml_snippet
    from training.rates.sweep import Sweeper
    from training.rates.terminal import print_sweeps, telling

    console = Console(stderr=True)
    config = load_config(config_file).with_overrides(data=data, seed=seed)
    folder = output if output is not None else Path("rates") / config.name
    check_new(folder)
    prepared = prepare(config, console)
    with telling(console) as tell:
        sweeps = Sweeper(prepared, tell).sweep(only_automatic=False)
    write_rates(folder, config.name, sweeps)
    print_sweeps(console, sweeps)
    console.print(f"page {folder / PAGE}", highlight=False, soft_wrap=True)
    typer.echo(toml_snippet(sweeps), nl=False)
