"""Rates over the steps: laws that hold for every schedule."""

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from torch import nn

from models.errors import ConfigError
from training.config import load_config
from training.optimizers import OptimizerConfig, SubnetOptimizers
from training.optimizers.adamw import AdamWConfig
from training.schedules import ConstantSchedule, CosineSchedule, Schedule

KINDS = [ConstantSchedule, CosineSchedule]
steps = st.integers(2, 2_000)


def schedule(kind: type, warmup_steps: int, final_share: float) -> Schedule:
    settings: dict[str, Any] = {"kind": "cosine", "final_share": final_share} if kind is CosineSchedule else {}
    built: Schedule = kind(warmup_steps=warmup_steps, **settings)
    return built


@pytest.mark.parametrize("kind", KINDS)
@given(num_steps=steps, share=st.floats(0, 0.99), final_share=st.floats(0, 1))
def test_a_rate_rises_in_a_straight_line_is_whole_once_and_never_rises_again(
    kind: type, num_steps: int, share: float, final_share: float
) -> None:
    warmup_steps = int(share * num_steps)
    of = schedule(kind, warmup_steps, final_share)
    factors = [of.factor(step, num_steps) for step in range(num_steps)]
    assert factors[: warmup_steps + 1] == pytest.approx(
        [(step + 1) / (warmup_steps + 1) for step in range(warmup_steps + 1)]
    )
    assert max(factors) == factors[warmup_steps] == pytest.approx(1)
    warm = factors[warmup_steps:]
    assert all(later <= earlier for earlier, later in itertools.pairwise(warm))
    assert min(factors) >= min(final_share if kind is CosineSchedule else 1, 1 / (warmup_steps + 1)) - 1e-12


@given(num_steps=steps, final_share=st.floats(0, 1))
def test_a_cosine_ends_at_its_final_share_and_stays_there(num_steps: int, final_share: float) -> None:
    of = CosineSchedule(kind="cosine", final_share=final_share)
    assert of.factor(num_steps - 1, num_steps) == pytest.approx(final_share)
    assert of.factor(num_steps + 10, num_steps) == pytest.approx(final_share)


@given(num_steps=st.integers(3, 2_001).filter(lambda number: number % 2 == 1), final_share=st.floats(0, 1))
def test_a_cosine_is_half_way_down_in_the_middle(num_steps: int, final_share: float) -> None:
    of = CosineSchedule(kind="cosine", final_share=final_share)
    assert of.factor((num_steps - 1) // 2, num_steps) == pytest.approx((1 + final_share) / 2)


def optimizers(num_steps: int, **schedules: dict[str, Any]) -> SubnetOptimizers:
    groups: dict[str, OptimizerConfig] = {
        name: AdamWConfig.model_validate({"learning_rate": 0.1, "schedule": settings})
        for name, settings in schedules.items()
    }
    return SubnetOptimizers({name: nn.Linear(2, 2) for name in schedules}, groups, num_steps)


def test_each_group_follows_its_own_schedule() -> None:
    of = optimizers(
        5,
        shared={"kind": "constant"},
        first={"kind": "constant", "warmup_steps": 1},
        second={"kind": "cosine", "final_share": 0.5},
    )
    seen = []
    for _ in range(5):
        seen.append(of.learning_rates())
        of.step()
    assert [rates["shared"] for rates in seen] == pytest.approx([0.1] * 5)
    assert [rates["first"] for rates in seen] == pytest.approx([0.05, 0.1, 0.1, 0.1, 0.1])
    cosine = [0.05 + 0.05 * (1 + math.cos(math.pi * step / 4)) / 2 for step in range(5)]
    assert [rates["second"] for rates in seen] == pytest.approx(cosine)


@pytest.mark.parametrize("warmup_steps", [5, 6, 500])
def test_a_warm_up_that_takes_the_whole_run_is_refused(warmup_steps: int) -> None:
    with pytest.raises(ConfigError, match=f"'shared' takes {warmup_steps} steps and the run 5 at the most"):
        optimizers(5, shared={"kind": "constant", "warmup_steps": warmup_steps})


@pytest.mark.parametrize("kind", ["constant", "cosine"])
def test_the_longest_warm_up_reaches_the_whole_rate_in_the_last_step(kind: str) -> None:
    of = optimizers(5, shared={"kind": kind, "warmup_steps": 4})
    for _ in range(4):
        of.step()
    assert of.learning_rates()["shared"] == pytest.approx(0.1)


def test_a_run_of_one_step_has_the_whole_rate() -> None:
    assert optimizers(1, shared={"kind": "cosine"}).learning_rates()["shared"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    "settings",
    [{"kind": "linear"}, {"kind": "cosine", "final_share": 1.5}, {"kind": "constant", "warmup_steps": -1},
     {"kind": "constant", "final_share": 0.5}],
)  # fmt: skip
def test_settings_that_no_schedule_has_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"schedule|kind|final_share|warmup_steps"):
        TypeAdapter(Schedule).validate_python(settings)


def test_a_schedule_is_read_from_a_file(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "examples" / "simulated.toml"
    file = tmp_path / "with_schedule.toml"
    group = '[training.optimizers.shared]\nlearning_rate = 1e-3\nkind = "adamw"\n'
    schedule = 'schedule = { kind = "cosine", warmup_steps = 20 }\n'
    file.write_text(example.read_text(encoding="utf-8") + "\n" + group + schedule, encoding="utf-8")
    found = load_config(file).training.optimizers["shared"].schedule
    assert found == CosineSchedule(kind="cosine", warmup_steps=20)
