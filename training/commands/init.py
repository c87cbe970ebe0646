"""`threefold init`: a log in, a first configuration out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def init_command(
    log: Annotated[str, typer.Argument(help="The log: a folder, a glob or a file; Parquet or CSV.")],
    output: Annotated[Path, typer.Option(help="The TOML file to write.")] = Path("threefold.toml"),
    name: Annotated[str, typer.Option(help="Name of the model.")] = "model",
    overwrite: Annotated[bool, typer.Option(help="Replace the file.")] = False,
) -> None:
    """Guess a first configuration from a log; every guess is explained in a comment."""
    from models.atomic import whole_file
    from models.errors import ConfigError
    from training.config import check_name
    from training.evaluation.captured import truth_columns
    from training.initial.guess import guess
    from training.initial.profile import num_rows, profile
    from training.initial.toml import render

    if output.exists() and not overwrite:
        raise ConfigError(f"a configuration is not overwritten; {output} exists: name another --output, or --overwrite")
    check_name(name)
    guesses = guess(profile(log), list(truth_columns(log).values()))
    with whole_file(output) as beside:
        beside.write_text(render(name, log, guesses, num_rows(log)), encoding="utf-8")
    Console(stderr=True).print(
        f"wrote {output}: {len(guesses.features)} features, {len(guesses.labels)} tasks, "
        f"{len(guesses.left_out)} columns left out. Read it, then: threefold train {output}",
        highlight=False,
        soft_wrap=True,
    )
