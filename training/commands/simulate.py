"""`threefold simulate`: days of impression logs whose true probabilities are known."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

SETTINGS = ("impressions_per_day", "num_users", "num_items", "seed", "start_date", "drift_per_day")
"""The options that make the world: days that are appended have those of the first ones."""


def simulate_command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where the logs go: FOLDER/date=YYYY-MM-DD/part-0.parquet.")],
    days: Annotated[int, typer.Option(min=1, max=3_660, help="Days to write.")] = 14,
    impressions_per_day: Annotated[int, typer.Option(min=1, help="Rows a day.")] = 100_000,
    num_users: Annotated[int, typer.Option("--users", min=1, help="Users on the first day.")] = 10_000,
    num_items: Annotated[int, typer.Option("--items", min=1, help="Items on the first day.")] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed writes the same logs.")] = 0,
    start_date: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day, UTC.")] = datetime(2026, 1, 1),
    drift_per_day: Annotated[float, typer.Option(min=0, help="Radians by which tastes turn each day.")] = 0.02,
    overwrite: Annotated[bool, typer.Option(help="Replace simulated logs in the folder.")] = False,
    append: Annotated[bool, typer.Option(help="Add days to the logs in the folder, of the same world.")] = False,
) -> None:
    """Write days of impression logs from a known generative process (docs/simulator.md)."""
    from pydantic import ValidationError

    from models.errors import ConfigError

    console = Console(stderr=True)
    asked = {name: context.params[name] for name in SETTINGS} | {"start_date": start_date.date()}
    try:
        with console.status("simulating") as status:

            def told(day: int, total: int, rows: int) -> None:
                status.update(f"simulating day {day + 1} of {total}, {rows:,} rows")

            if append:
                given = {name: value for name, value in asked.items() if _is_given(context, name)}
                rows = _appended(folder, days, given, overwrite, told)
            else:
                rows = _simulated(folder, {"days": days, **asked}, overwrite, told)
    except ValidationError as error:
        raise ConfigError(f"the simulation's settings break a rule: {error.errors()[0]['msg']}") from None
    what = f"so that there are {rows:,} of all days" if append else f"{rows:,} impressions"
    console.print(f"wrote {days} days to {folder}, {what}", highlight=False, soft_wrap=True)


def _is_given(context: typer.Context, option: str) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def _simulated(folder: Path, asked: dict[str, Any], overwrite: bool, told: Callable[[int, int, int], None]) -> int:
    from training.simulation import SimulationConfig, simulate

    return simulate(SimulationConfig.model_validate(asked), folder, overwrite=overwrite, progress=told)


def _appended(
    folder: Path, days: int, given: dict[str, Any], overwrite: bool, told: Callable[[int, int, int], None]
) -> int:
    from models.errors import ConfigError
    from training.simulation.append import append_days, read_sidecar

    if overwrite:
        raise ConfigError("days are appended or logs are replaced; found --append and --overwrite: give one of them")
    config, _ = read_sidecar(folder)
    for name, value in given.items():
        if (there := getattr(config, name)) != value:
            raise ConfigError(
                f"days are appended to the world that is there, whose {name} is {there}; found {value}: leave it out"
            )
    return append_days(folder, days, progress=told)
