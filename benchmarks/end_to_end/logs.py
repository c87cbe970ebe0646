"""The two logs that are played by day: a simulated world, and what people did on KuaiRand."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.end_to_end import configuration
from benchmarks.end_to_end.arriving import Arriving, RecordedDays, SimulatedDays
from training.simulation import SimulationConfig

QUICK_DAYS, QUICK_ROWS = 3, 8_000
SIMULATED_FIRST, SIMULATED_DAYS = 5, 10
WORLD = {
    "start_date": date(2026, 1, 1), "impressions_per_day": 20_000, "num_users": 2_000, "num_items": 400,
    "click_rate": 0.15, "conversion_rate": 0.15, "new_user_share": 0.05, "new_item_share": 0.1, "drift_per_day": 0.06,
}  # fmt: skip
KUAIRAND_FIRST = 5


@dataclass(frozen=True)
class Log:
    """A log, and how it is played.

    Attributes:
        section: of docs/results.md.
        text: what stands above the tables.
        arriving: its days.
        settings: the configuration, without a section [retrain].
        train_window: such as 7d.
        num_first: days before the first champion, which it is made of.
        num_days: days that arrive after it, with a retraining each.
        num_after: days after those, to measure the last champion on.
        heads: of the second table, with the name of their loss.
    """

    section: str
    text: str
    arriving: Arriving
    settings: dict[str, Any]
    train_window: str
    num_first: int
    num_days: int
    num_after: int
    heads: Mapping[str, str]


def simulated(folder: Path, *, quick: bool) -> Log:
    """Days of one drifting world, without end.

    Args:
        folder: takes the days.
        quick: three days with fewer rows.
    """
    world = SimulationConfig.model_validate(WORLD | ({"impressions_per_day": QUICK_ROWS} if quick else {}))
    return Log(
        section="e2e",
        text=f"{world.impressions_per_day:,} impressions a day, {SIMULATED_FIRST} days before the first.",
        arriving=SimulatedDays(folder / "simulated", world),
        settings=configuration.simulated(),
        train_window="7d",
        num_first=SIMULATED_FIRST,
        num_days=QUICK_DAYS if quick else SIMULATED_DAYS,
        num_after=1,
        heads={"click": "NE", "conversion": "NE", "dwell": "deviance"},
    )


def kuairand(folder: Path, recorded: Path, *, quick: bool) -> Log:
    """All recorded days; there is none behind the last one to measure its champion on.

    Args:
        folder: takes the days.
        recorded: the folder that has them.
        quick: three days.
    """
    arriving = RecordedDays(folder / "kuairand", recorded)
    num_days = len(arriving) - KUAIRAND_FIRST
    if num_days < 2:
        sys.exit(f"KUAIRAND names a folder of date=YYYY-MM-DD, at least {KUAIRAND_FIRST + 2} of them; found "
                 f"{len(arriving)} in {recorded}")  # fmt: skip
    return Log(
        section="e2e_kuairand",
        text=f"{len(arriving)} days, {KUAIRAND_FIRST} of them before the first.",
        arriving=arriving,
        settings=configuration.kuairand(),
        train_window="30d",
        num_first=KUAIRAND_FIRST,
        num_days=min(QUICK_DAYS, num_days) if quick else num_days,
        num_after=0,
        heads={"click": "NE", "long_view": "NE", "like": "NE", "dwell": "deviance"},
    )
