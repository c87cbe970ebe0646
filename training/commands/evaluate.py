"""`threefold evaluate`: a checkpoint and a log in, numbers and a report out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def evaluate_command(
    config_file: Annotated[Path, typer.Argument(metavar="CONFIG", help="The TOML file: names the log and its split.")],
    checkpoint: Annotated[str, typer.Option(help="A version, or a folder of versions (the newest); a path or a URL.")],
    output: Annotated[Path | None, typer.Option(help="Write report.html and metrics.json to this new folder.")] = None,
    data: Annotated[str | None, typer.Option(help="Take the log from here instead of `data.path`.")] = None,
) -> None:
    """Measure a checkpoint on the test window of a log."""
    from models.checkpoint import load_checkpoint
    from models.errors import ConfigError
    from training.config import load_config
    from training.pipeline import measure
    from training.reporting import REPORT, write_measured
    from training.terminal import print_scores, print_table

    console = Console(stderr=True)
    config = load_config(config_file).with_overrides(data=data)
    predictor, manifest = load_checkpoint(checkpoint)
    if config.model_part().model_copy(update={"ranking": manifest.model.ranking}) != manifest.model:
        raise ConfigError(
            f"a checkpoint is measured with the features, tasks and network that it was trained with; {config_file} "
            f"describes others: use the configuration of {manifest.version}"
        )
    measured = measure(config, predictor, manifest)
    print_table(console, measured.evaluation)
    print_scores(console, config.model_part(), measured.scored)
    if output is not None:
        write_measured(output, measured, config, config_file.read_text(encoding="utf-8"), manifest)
        console.print(f"report {output / REPORT}", highlight=False, soft_wrap=True)
