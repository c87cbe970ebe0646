"""The benchmark of kills: what it aims at, and what it calls a difference."""

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.kills import AIMS, Kills, aims, configuration, difference, section
from models.checkpoint import WEIGHTS
from training.config import load_config
from training.reporting import METRICS


def version(folder: Path, weights: bytes = b"weights", **history: Any) -> Path:
    folder.mkdir()
    (folder / WEIGHTS).write_bytes(weights)
    numbers = {
        "evaluation": {"auc": 0.7},
        "history": {"seconds": 1.0, "waited_seconds": 0.1, "num_steps": 5, **history},
    }
    (folder / METRICS).write_text(json.dumps(numbers), encoding="utf-8")
    return folder


def test_twenty_kills_are_aimed_at_everything() -> None:
    assert Counter(aims(20, Random(0))) == AIMS
    assert len(list(aims(47, Random(0)))) == 47


def test_its_configuration_is_a_valid_one_that_draws_and_keeps_states(tmp_path: Path) -> None:
    config = load_config(configuration(tmp_path))
    assert config.training.resume.every_steps == 20
    assert config.model.embedding.dropout > 0


def test_two_versions_differ_by_all_but_the_clock(tmp_path: Path) -> None:
    expected = version(tmp_path / "expected")
    assert difference(version(tmp_path / "later", seconds=9.0, waited_seconds=3.0), expected) == ""
    assert difference(version(tmp_path / "other", weights=b"Weights"), expected) == f"{WEIGHTS} differs"
    assert difference(version(tmp_path / "longer", num_steps=6), expected) == f"history of {METRICS} differs"


def test_the_section_says_what_was_aimed_at_and_what_was_hit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.kills.cost_table", lambda: iter(()))
    kills = Kills(["anywhere", "anywhere", "evaluating"], ["training", "writing a state", "evaluating"], 2, 2, 1)
    lines = list(section(kills, "3 kills."))
    assert "| anywhere | 2 |  |" in lines
    assert "| writing a state |  | 1 |" in lines
    assert "| evaluating | 1 | 1 |" in lines
    assert "byte for byte" in lines[-1]
