"""Nights whose registry lies in an object store."""

from pathlib import Path

import pytest

from models.registry import Registry
from tests.training.retraining.nights import Nights, day
from training.retraining import train
from training.retraining.retrain import retrain


def test_a_champion_in_a_store_is_followed_and_trained_on(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "run_files", lambda run, text, precisions: {})
    nights, place = Nights(tmp_path), f"{s3}/registry"
    nights.arrive(0, 1, 2, 3, 4)
    first = retrain(nights.order(registry=place, start="champion"))
    nights.arrive(5)
    second = retrain(nights.order(registry=place, start="champion"))
    assert (second.decision, second.champion, second.train) == ("promoted", first.candidate, (day(3),))
    registry = Registry(place)
    assert registry.versions() == [first.candidate, second.candidate]
    assert registry.version_of("production") == second.candidate
    assert retrain(nights.order(registry=place, start="champion")).decision == "nothing_new"
