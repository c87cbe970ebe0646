"""`threefold retrain`: new days of logs in; a better champion out, or a reason why not."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

FAILED = 1
"""Exit code where a training could not go on; the others are in `training.retraining.outcome`."""


def retrain_command(
    config_file: Annotated[Path, typer.Argument(metavar="CONFIG", help="The TOML file; retrain is a section of it.")],
    registry: Annotated[
        str | None, typer.Option(help="Use this registry, a folder or a URL, instead of `retrain.registry`.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Take the log from here instead of `data.path`.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Find and check, say what would be, write nothing.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Train and judge although nothing is new.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Train on the newest logs, judge the candidate beside the champion, promote or hold it.

    One command for cron, Kubernetes or any scheduler: it may be killed at any time and called again. Exit codes: 0
    promoted, 10 held, 11 nothing new, 12 another retraining runs, 2 refused with a reason, 1 failed.
    """
    from models.errors import TrainingError
    from training.config import load_config
    from training.retraining.dry_run import dry_run as dry
    from training.retraining.order import Order
    from training.retraining.retrain import retrain
    from training.retraining.terminal import print_outcome
    from training.tracking.telling import check_tracking

    console = Console(stderr=True)
    config, text = load_config(config_file).with_overrides(data=data), config_file.read_text(encoding="utf-8")
    check_tracking(config.tracking)
    order = Order.of(config, text, console, registry=registry, force=force)
    try:
        outcome = dry(order) if dry_run else retrain(order)
    except TrainingError as error:
        console.print(f"error: {error}", soft_wrap=True, highlight=False, markup=False)
        raise typer.Exit(FAILED) from None
    print_outcome(console, outcome)
    typer.echo(outcome.model_dump_json(indent=1) if as_json else outcome.decision)
    raise typer.Exit(outcome.exit_code)
