"""From where a candidate starts, and which days it trains on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from models.manifest import read_manifest
from models.past import PastRatesConfig
from models.reference import read_reference
from models.registry import Registry
from tests.training.retraining.nights import Nights, day
from tests.training.small import write
from tests.training.worlds import silent
from training.config import Config
from training.pipeline import run as trained
from training.pipeline import save
from training.retraining.outcome import RetrainOutcome
from training.retraining.retrain import retrain


def test_a_champion_is_trained_on_with_the_days_that_it_has_not_trained_on(nights: Nights) -> None:
    first = nights.retrain(start="champion")
    assert (first.start, first.notes) == ("scratch", ())  # nobody to start from
    nights.arrive(5)
    second = nights.retrain(start="champion")
    assert (second.decision, second.start) == ("promoted", "champion")
    assert (second.train, second.validation, second.test) == ((day(3),), (day(4),), (day(5),))
    nights.arrive(6, 7)
    third = nights.retrain(start="champion")
    assert (third.train, third.new) == ((day(4), day(5)), (day(6), day(7)))
    manifest = read_manifest(nights.registry / str(third.candidate))
    assert manifest.training["parent"] == second.candidate


def test_a_champion_that_is_trained_on_still_knows_the_days_before(nights: Nights) -> None:
    nights.retrain(start="champion")
    nights.arrive(5)
    second = nights.retrain(start="champion")
    found = read_reference(nights.registry / str(second.candidate))
    assert found is not None
    of_all = [day(number) for number in range(6)]
    assert list(found.rows_by_partition) == list(found.fingerprints) == of_all
    assert list(found.tasks["click"].mean_by_partition) == of_all
    nights.arrive(6)
    (volume,) = [each for each in nights.retrain(start="champion").checks if each.name == "volume"]
    assert "the median of 6 earlier partitions" in volume.reason


def test_a_champion_without_what_it_takes_is_followed_from_scratch_and_that_is_said(nights: Nights) -> None:
    nights.retrain()
    nights.arrive(5)
    outcome = nights.retrain(start="champion")
    assert (outcome.decision, outcome.start) == ("promoted", "scratch")
    assert "training.growth" in outcome.notes[0]
    assert outcome.train == (day(1), day(2), day(3))


def test_where_every_day_was_trained_on_a_forced_run_starts_from_scratch(nights: Nights) -> None:
    nights.retrain(start="champion")
    outcome = nights.retrain(start="champion", force=True)
    assert (outcome.start, outcome.new) == ("scratch", ())
    assert "all partitions" in outcome.notes[0]


def test_a_champion_from_elsewhere_is_judged_and_followed(nights: Nights) -> None:
    """One that `threefold train` made: nobody knows which partitions it has seen."""
    config = nights.config(start="champion")
    version = save(trained(config, silent()), nights.home / "by hand", {})
    registry = Registry(nights.registry)
    registry.publish(version, "a person", "")
    registry.promote(version.name, who="a person", why="")
    outcome = nights.retrain(start="champion")
    assert (outcome.champion, outcome.start) == (version.name, "scratch")
    assert "does not say" in outcome.notes[0]
    assert nights.retrain(start="champion").decision == "nothing_new"


def test_the_start_from_the_champion_needs_the_section_that_keeps_what_it_takes(nights: Nights) -> None:
    config = nights.config(start="champion").model_dump(mode="json")
    config["training"]["growth"] = None
    with pytest.raises(ValidationError, match=r"\[training.growth\]"):
        Config.model_validate(config)


def with_past_rates(nights: Nights, period: str = "1d", **changes: Any) -> RetrainOutcome:
    """A night that starts from the champion, with the rates of users so far; keywords go to [retrain]."""
    order = nights.order(start="champion", **changes)
    past = (PastRatesConfig(of=("user",), period=period, min_count=1),)
    return retrain(replace(order, config=order.config.model_copy(update={"past_rates": past})))


def shifted(nights: Nights, number: int, hours: int) -> None:
    """A day whose rows are of earlier times than its partition says."""
    rows = nights.rows(number)
    file = nights.log / f"date={day(number)}" / "part-0.parquet"
    write(file, rows.assign(time=rows.time - timedelta(hours=hours)).reset_index(drop=True))


@pytest.mark.parametrize("period", ["1d", "6h", "7d"])
def test_past_rates_go_on_whatever_their_period(nights: Nights, period: str) -> None:
    with_past_rates(nights, period)
    nights.arrive(5)
    second = with_past_rates(nights, period)
    assert (second.start, second.notes, second.train) == ("champion", (), (day(3),))


@pytest.mark.parametrize("hours", [1, 9])
def test_past_rates_go_on_where_a_day_holds_rows_of_the_evening_before(nights: Nights, hours: int) -> None:
    """Rows arrive late, or days are those of another time zone: midnight in Tokyo is 15:00 UTC of the day before."""
    for number in range(5):
        shifted(nights, number, hours=0 if number < 3 else hours)
    with_past_rates(nights)
    shifted(nights, 5, hours=hours)
    second = with_past_rates(nights)
    assert (second.start, second.notes, second.train) == ("champion", (), (day(3),))


def test_past_rates_go_on_with_a_day_that_was_left_out_before(nights: Nights) -> None:
    for number in range(5):
        shifted(nights, number, hours=1)
    with_past_rates(nights, leave_out=(day(2),))
    nights.arrive(5)
    second = with_past_rates(nights)
    assert (second.start, second.notes, second.train) == ("champion", (), (day(2), day(3)))
