"""How often the checks hold an honest day: each new day against a champion of the ten days before it."""

from pathlib import Path

from tests.training.retraining.honest import World, champion, check_rows, config, write_day
from training.retraining.checks.config import ChecksConfig
from training.retraining.observation import failed

NUM_DAYS, TRAINED = 8, 10


def test_honest_days_are_not_held(tmp_path: Path) -> None:
    """Weekends, a rate that moves by 6% a day, items that come and go, and a weekday that is another one each day.

    Every day makes some thirty observations; one of them in the eight days would hold a day in eight.
    """
    world = World(seed=0)
    values = [write_day(tmp_path, number, world.day(number)) for number in range(TRAINED + NUM_DAYS)]
    found = []
    for new in range(TRAINED, TRAINED + NUM_DAYS):
        known = champion(world, config(tmp_path, values[new - TRAINED : new]))
        found += check_rows(config(tmp_path, values[new : new + 1]), ChecksConfig(), known, None)
    assert len(found) > 25 * NUM_DAYS
    assert failed(found) == []
    kept = champion(world, config(tmp_path, values[:TRAINED]))
    after_a_week = check_rows(config(tmp_path, values[-1:]), ChecksConfig(), kept, None)
    assert failed(after_a_week) == [], "a champion that was kept for a while can still be replaced"
