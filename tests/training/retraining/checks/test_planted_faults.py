"""What is planted in a new day is held, and by the check that is about it and no other."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.training.retraining.honest import FIRST_DAY, Compared, World, champion, check_rows, config, write_day
from tests.training.small import write
from training.retraining.checks.config import ChecksConfig
from training.retraining.observation import Observation, failed

TRAINED = 10
DAY = timedelta(days=1)
Fault = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]
"""From yesterday's and today's honest rows to what arrives as today's."""


class Known:
    """Ten honest days in a folder, their champion, and an eleventh day that is not written yet."""

    def __init__(self, folder: Path) -> None:
        world = World(seed=5)
        self.folder = folder
        self.days = [world.day(number) for number in range(TRAINED + 1)]
        values = [write_day(folder, number, rows) for number, rows in enumerate(self.days[:TRAINED])]
        self.champion: Compared = champion(world, config(folder, values))

    def observed(self, folder: Path, rows: pd.DataFrame | pa.Table, now: datetime | None = None) -> list[Observation]:
        """What the checks see of rows that arrive as the eleventh day."""
        value = f"{FIRST_DAY + TRAINED * DAY:%Y-%m-%d}"
        write(folder / f"date={value}" / "part-0.parquet", rows)
        return check_rows(config(folder, [value]), ChecksConfig(), self.champion, now)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return Known(tmp_path_factory.mktemp("known"))


def half_missing(_: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    return today.iloc[::2]


def twice(_: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([today, today])


def gone_null(_: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    return today.assign(price=np.nan)


def labels_not_there(_: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    return today.assign(liked=today.liked.where(np.arange(len(today)) % 3 > 0))


def flipped(_: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    return today.assign(clicked=1 - today.clicked, seconds=np.where(today.clicked, 0.0, 20.0))


def flipped_even_odds(_: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    """Of a label that is as frequent as not: its rate says nothing."""
    return today.assign(liked=1 - today.liked)


def filled_in_afterwards(_: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    return today.assign(bonus=np.where(today.clicked == 1, 1.0, 0.0))


def drifted(_: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    """Everybody came by a device that was rare."""
    return today.assign(device="tablet")


def other_ids(_: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    return today.assign(item="item-" + today.item)


def yesterday_again(yesterday: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    return yesterday


def yesterday_redated(yesterday: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    """A copy whose times were moved to today, in another order."""
    return yesterday.assign(time=yesterday.time + DAY).sample(frac=1.0, random_state=0)


def a_week_old(_: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    return today.assign(time=today.time - 7 * DAY)


@pytest.mark.parametrize(
    ("fault", "reasons"),
    [
        (half_missing, {"volume(2026-01-15)"}),
        (twice, {"volume(2026-01-15)"}),
        (gone_null, {"null_share(price)", "champion_on_new_data(like)"}),
        (labels_not_there, {"null_share(like)"}),
        (flipped, {"label_rate(click)", "champion_on_new_data(click)"}),
        (flipped_even_odds, {"champion_on_new_data(like)"}),
        (filled_in_afterwards, {"leak(bonus)", "drift(bonus)"}),
        (drifted, {"drift(device)"}),
        (other_ids, {"unknown_share(item)"}),
        (yesterday_again, {"copied(2026-01-15)"}),
        (yesterday_redated, {"copied(2026-01-15)"}),
        (a_week_old, {"staleness", "staleness(2026-01-15)"}),
    ],
)
def test_a_planted_fault_is_held_for_its_reason_alone(
    tmp_path: Path, known: Known, fault: Fault, reasons: set[str]
) -> None:
    *_, yesterday, today = known.days
    held = failed(known.observed(tmp_path, fault(yesterday, today)))
    assert {each.label for each in held} == reasons, [each.reason for each in held]


def test_the_same_day_without_a_fault_passes(tmp_path: Path, known: Known) -> None:
    assert failed(known.observed(tmp_path, known.days[-1])) == []


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda rows: rows.drop(columns="price"), "lacks price"),
        (lambda rows: rows.assign(price=rows.price.astype(str)), "'price' is of type"),
        (lambda rows: rows.assign(clicked=rows.clicked + 1), "a binary label is 0, 1 or null"),
        (lambda rows: rows.iloc[:0], "found none"),
    ],
)
def test_another_schema_is_held_as_such_and_nothing_else_is_said(
    tmp_path: Path, known: Known, broken: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    rows = pa.Table.from_pandas(broken(known.days[-1]), preserve_index=False)
    (observation,) = known.observed(tmp_path, rows)
    assert observation.name == "schema"
    assert not observation.passed
    assert said in observation.reason


@pytest.mark.parametrize(("days_later", "passes"), [(1.5, True), (5, False)])
def test_rows_may_be_a_few_days_old(tmp_path: Path, known: Known, days_later: float, passes: bool) -> None:
    now = datetime(2026, 1, 15, tzinfo=UTC) + (days_later + 1) * DAY
    held = failed(known.observed(tmp_path, known.days[-1], now))
    assert {each.label for each in held} == (set() if passes else {"staleness"})


def test_without_a_champion_only_the_rows_themselves_are_looked_at(tmp_path: Path, known: Known) -> None:
    write_day(tmp_path, TRAINED, known.days[-1])
    value = f"{FIRST_DAY + TRAINED * DAY:%Y-%m-%d}"
    found = check_rows(config(tmp_path, [value]), ChecksConfig(), None, None)
    assert failed(found) == []
    assert any("no reference of a champion" in each.reason for each in found)
