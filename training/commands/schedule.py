"""`threefold schedule`: `threefold retrain` at the times of a cron expression."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

LIBRARIES = ("apscheduler", "prometheus_client")
EXIT_INTERRUPTED = 130


def schedule_command(
    config_file: Annotated[Path, typer.Argument(metavar="CONFIG", help="The TOML file, with a section `retrain`.")],
    cron: Annotated[str, typer.Option(help="Five fields of crontab, such as '15 3 * * *': 03:15 every day.")],
    timezone: Annotated[str, typer.Option(help="Time zone that --cron is meant in.")] = "UTC",
    jitter_s: Annotated[float, typer.Option(min=0, help="Begin up to so many seconds late, by chance.")] = 0.0,
    registry: Annotated[str | None, typer.Option(help="Handed on to `threefold retrain`.")] = None,
    data: Annotated[str | None, typer.Option(help="Handed on to `threefold retrain`.")] = None,
    once_now: Annotated[bool, typer.Option("--once-now", help="Begin with a run, whatever is planned.")] = False,
    grace_s: Annotated[
        float, typer.Option(min=0, help="Seconds that a run has to end after SIGTERM before it is killed.")
    ] = 25.0,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Answer /metrics and /healthz on this port; 0 is a free one.")
    ] = None,
    metrics_host: Annotated[str, typer.Option(help="Address of that port; 0.0.0.0 in a container.")] = "127.0.0.1",
) -> None:
    """Run `threefold retrain CONFIG` on a schedule, until SIGTERM or Ctrl-C.

    A run that was missed or cut off is made up for once at the start; one that would overlap is skipped.
    """
    _check_installed()
    from training.scheduling.child import COMMAND, Child
    from training.scheduling.schedule import Schedule, keep

    given = [*(["--registry", registry] if registry else []), *(["--data", data] if data else [])]
    child = Child([*COMMAND, str(config_file), *given], grace_s)
    schedule = Schedule(
        config_file=config_file,
        cron=cron,
        timezone=timezone,
        jitter_s=jitter_s,
        once_now=once_now,
        metrics=None if metrics_port is None else (metrics_host, metrics_port),
    )
    if keep(schedule, child, Console(stderr=True)):
        raise typer.Exit(EXIT_INTERRUPTED)


def _check_installed() -> None:
    from models.errors import ConfigError

    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"`threefold schedule` needs an optional extra; found no {' and no '.join(missing)}: "
            f"pip install 'threefold[schedule]'"
        )
