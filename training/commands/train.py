"""`threefold train`: a configuration in, a new checkpoint out."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def train_command(
    config_file: Annotated[Path, typer.Argument(metavar="CONFIG", help="The TOML file.")],
    output: Annotated[Path, typer.Option(help="Folder of versions; the new one appears in it.")] = Path("runs"),
    data: Annotated[str | None, typer.Option(help="Take the log from here instead of `data.path`.")] = None,
    seed: Annotated[int | None, typer.Option(help="Use this seed instead of `training.seed`.")] = None,
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the run's losses, telemetry and alarms for TensorBoard.")
    ] = None,
) -> None:
    """Train, calibrate, evaluate, and write one checkpoint with its report. Prints the checkpoint's path."""
    from models.atomic import check_writable
    from training.config import load_config
    from training.pipeline import run, save
    from training.reporting import REPORT, run_files
    from training.tensorboard import TensorBoard
    from training.terminal import print_edges, print_table

    console = Console(stderr=True)
    config = load_config(config_file).with_overrides(data=data, seed=seed)
    config_text = config_file.read_text(encoding="utf-8")
    check_writable(output)  # before hours of training, not after
    with ExitStack() as stack:
        observers = [stack.enter_context(TensorBoard(tensorboard, config.name))] if tensorboard else []
        finished = run(config, console, observers)
    version = save(finished, output, run_files(finished, config_text))
    print_table(console, finished.evaluation)
    print_edges(console, finished.trained.edges)
    console.print(f"checkpoint {version}\nreport     {version / REPORT}", highlight=False, soft_wrap=True)
    typer.echo(version)
