"""Intervals of durations: as many rows lie inside as were asked for, on rows that nothing was fitted on."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from models.calibration import Identity, Moment
from models.heads import DurationHead, DurationTask
from training.evaluation.calibrate_duration import fit_duration
from training.evaluation.duration import coverage, duration_metrics, interval_score
from training.fitting.durations import duration_statistics
from training.fitting.moments import Moments

KINDS = ["log_normal", "bounce_log_normal", "quantiles"]


def rows(num_rows: int, seed: int, zeros: bool = False) -> tuple[Tensor, Tensor]:
    """Features, and seconds whose level, spread and share of bounces each depend on one of them."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, (num_rows, 3))
    stays = np.exp(3 + 0.7 * x[:, 0] + np.exp(-0.4 + 0.8 * x[:, 1]) * random.normal(size=num_rows))
    bounced = random.random(num_rows) < 0.15 + 0.14 * x[:, 2]
    bounces = 0.0 if zeros else random.uniform(0, 2, num_rows)
    return torch.from_numpy(x).float(), torch.from_numpy(np.where(bounced, bounces, stays)).float()


def trained(kind: str, wanted: float = 0.9, zeros: bool = False, steps: int = 150) -> DurationHead:
    settings: dict[str, Any] = {"kind": kind, "coverage": wanted}
    task = DurationTask.model_validate(
        {"name": "d", "kind": "duration", "label": "s", "tower": {"widths": [16]}, "distribution": settings}
    )
    x, label = rows(8_000, 0, zeros)
    moments = Moments()
    moments.add(label.double().numpy())
    torch.manual_seed(0)
    head = task.build(3, duration_statistics(task, label.double().numpy(), moments))
    optimizer = torch.optim.Adam(head.parameters(), lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        head.loss(head(x), label).mean().backward()
        optimizer.step()
    return head.eval()


@torch.inference_mode()
def predicted(head: DurationHead, x: Tensor, calibration: Moment | Identity) -> list[np.ndarray]:
    return [values.double().numpy() for values in head.predict(head(x), calibration).values()]


@torch.inference_mode()
def fitted(head: DurationHead, num_rows: int = 6_000, zeros: bool = False) -> Moment:
    x, label = rows(num_rows, 1, zeros)
    return fit_duration(head, head(x), label)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("wanted", "zeros"), [(0.9, False), (0.9, True), (0.6, False)])
def test_fresh_rows_are_covered_as_often_as_asked_for(kind: str, wanted: float, zeros: bool) -> None:
    head = trained(kind, wanted, zeros)
    x, label = rows(20_000, 2, zeros)
    _, median, low, high = predicted(head, x, fitted(head, zeros=zeros))
    assert coverage(label.double().numpy(), low, high) == pytest.approx(wanted, abs=0.02)
    assert ((low <= median) & (median <= high)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_that_has_learned_nothing_covers_too(kind: str) -> None:
    head = trained(kind, steps=0)
    x, label = rows(20_000, 2)
    _, _, low, high = predicted(head, x, fitted(head))
    assert coverage(label.double().numpy(), low, high) == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_mean_and_median_hold_on_fresh_rows(kind: str) -> None:
    head = trained(kind)
    x, label = rows(20_000, 2)
    mean, median, _, _ = predicted(head, x, fitted(head))
    assert mean.sum() == pytest.approx(label.double().sum().item(), rel=0.06)
    assert (label.double().numpy() <= median).mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("kind", ["bounce_log_normal", "quantiles"])
def test_a_spread_of_its_own_makes_the_interval_fit_each_row(kind: str) -> None:
    x, label = rows(20_000, 2)
    calm, wild = (x[:, 1] < -0.6).numpy(), (x[:, 1] > 0.6).numpy()
    one, own = trained("log_normal"), trained(kind)
    seen = label.double().numpy()
    scores = []
    for head in (one, own):
        _, _, low, high = predicted(head, x, fitted(head))
        scores.append(interval_score(seen, low, high, 0.9))
        off = max(abs(coverage(seen[part], low[part], high[part]) - 0.9) for part in (calm, wild))
        assert off < 0.05 if head is own else off > 0.05
    assert scores[1] < scores[0]


def test_the_interval_score_is_smallest_for_the_true_ends() -> None:
    label = np.random.default_rng(0).exponential(10, 200_000)
    ends = [-10 * np.log(1 - level) for level in (0.05, 0.95)]
    scores = [
        interval_score(label, np.full_like(label, low), np.full_like(label, high), 0.9)
        for low, high in (ends, (0.0, ends[1]), (ends[0], 45.0), (2.0, ends[1]), (ends[0], 20.0))
    ]
    assert min(scores) == scores[0]


def test_without_an_interval_nothing_is_said_of_it() -> None:
    label = np.array([1.0, 2.0])
    assert "coverage" not in duration_metrics(label, label, label)
    found = duration_metrics(label, label, label, (label, label + 1), 0.9)
    assert (found["coverage"], found["interval_seconds"]) == (1.0, 1.0)
