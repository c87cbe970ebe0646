"""A registry with a champion of the first days of a simulated world."""

from datetime import date
from pathlib import Path

from benchmarks.end_to_end import configuration
from benchmarks.end_to_end.arriving import SimulatedDays
from benchmarks.end_to_end.play import first_champion
from benchmarks.end_to_end.retraining import Place
from training.simulation import SimulationConfig

FIRST_DAYS = 6
WORLD = SimulationConfig(
    start_date=date(2026, 1, 1), impressions_per_day=10_000, num_users=1_500, num_items=300, click_rate=0.15,
    conversion_rate=0.15, new_user_share=0.03, new_item_share=0.05, drift_per_day=0.03,
)  # fmt: skip


def prepared(folder: Path, world: SimulationConfig) -> tuple[Place, SimulatedDays]:
    """The place, and the days that are still to arrive."""
    folder.mkdir(parents=True)
    arriving, place = SimulatedDays(folder, world), Place(folder, folder / "retrain.toml")
    settings = configuration.simulated(inference={"graphs": False})
    settings["tasks"] = [{name: each[name] for name in each if name != "calibration"} for each in settings["tasks"]]
    configuration.written(settings, arriving.log, place.section(train_window="7d"), place.config)
    arriving.begin(FIRST_DAYS)
    first_champion(place)
    return place, arriving
