"""Honest candidates: worlds of other seeds, whose days arrive and are retrained one by one, and how many are held.

They are made by the functions behind `threefold retrain` in one process, which saves fifty starts of it.
"""

import io
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from benchmarks.end_to_end.prepared import WORLD, prepared
from benchmarks.end_to_end.retraining import MEANINGS, Place, Retrained
from training.config import load_config
from training.retraining.order import Order
from training.retraining.retrain import retrain
from training.simulation import append_days

MOST_HELD = 2


def honest(folder: Path, num_worlds: int, num_days: int, say: Callable[[str], None]) -> list[Retrained]:
    """A candidate a world and day.

    Args:
        folder: takes the worlds.
        num_worlds: of seeds 1, 2, ...
        num_days: that arrive in each, after its first ones.
        say: is told of each.
    """
    found: list[Retrained] = []
    for seed in range(1, num_worlds + 1):
        own = folder / f"world-{seed}"
        place, arriving = prepared(own, WORLD.model_copy(update={"seed": seed}))
        os.environ.update(place.environment())
        for day in range(num_days):
            append_days(arriving.log, 1)
            found.append(_retrained(place))
            failed = "; ".join(f"{each['name']} {each['field'] or ''}: {each['reason']}" for each in found[-1].failed)
            say(f"world {seed}, day {day + 1}: {found[-1].decision} in {found[-1].seconds:.0f} s {failed}")
        shutil.rmtree(own)
    return found


def _retrained(place: Place) -> Retrained:
    """One run in this process."""
    began = time.monotonic()
    config, text = load_config(place.config), place.config.read_text(encoding="utf-8")
    outcome = retrain(Order.of(config, text, Console(file=io.StringIO())))
    assert outcome.exit_code in MEANINGS
    return Retrained(outcome.exit_code, outcome.model_dump(mode="json"), "", time.monotonic() - began)
