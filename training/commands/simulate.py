"""`threefold simulate`: days of impression logs whose true probabilities are known."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def simulate_command(
    folder: Annotated[Path, typer.Argument(help="Where the logs go: FOLDER/date=YYYY-MM-DD/part-0.parquet.")],
    days: Annotated[int, typer.Option(min=1, max=3_660, help="Days to write.")] = 14,
    impressions_per_day: Annotated[int, typer.Option(min=1, help="Rows a day, about.")] = 100_000,
    users: Annotated[int, typer.Option(min=1, help="Users on the first day.")] = 10_000,
    items: Annotated[int, typer.Option(min=1, help="Items on the first day.")] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed writes the same logs.")] = 0,
    overwrite: Annotated[bool, typer.Option(help="Replace simulated logs in the folder.")] = False,
) -> None:
    """Write days of impression logs from a known generative process (docs/simulator.md)."""
    from pydantic import ValidationError

    from models.errors import ConfigError
    from training.simulation import SimulationConfig, simulate

    console = Console(stderr=True)
    try:
        config = SimulationConfig(
            days=days, impressions_per_day=impressions_per_day, num_users=users, num_items=items, seed=seed
        )
    except ValidationError as error:
        raise ConfigError(f"the simulation's settings break a rule: {error.errors()[0]['msg']}") from None
    with console.status("simulating") as status:
        rows = simulate(
            config,
            folder,
            overwrite=overwrite,
            progress=lambda day, total, done: status.update(f"simulating day {day + 1} of {total}, {done:,} rows"),
        )
    console.print(f"wrote {rows:,} impressions of {days} days to {folder}", highlight=False, soft_wrap=True)
