"""From where a candidate starts, and which days it trains on."""

import pytest
from pydantic import ValidationError

from models.manifest import read_manifest
from models.registry import Registry
from tests.training.retraining.nights import Nights, day
from tests.training.worlds import silent
from training.config import Config
from training.pipeline import run as trained
from training.pipeline import save


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
