"""Every distribution of a duration: unit-free, in order, bounded, and one where nothing is known of a row."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from models.calibration import Identity, Moment
from models.heads import DurationHead, DurationStatistics, DurationTask
from models.heads.duration.quantiles import QuantilesHead
from training.fitting.durations import duration_statistics
from training.fitting.moments import Moments

KINDS: dict[str, dict[str, Any]] = {
    "log_normal": {"kind": "log_normal", "coverage": 0.9},
    "bounce_log_normal": {"kind": "bounce_log_normal", "bounce_seconds": 2.0},
    "quantiles": {"kind": "quantiles"},
}
every_kind = pytest.mark.parametrize("kind", sorted(KINDS))


def seconds(num_rows: int = 20_000) -> np.ndarray:
    random = np.random.default_rng(0)
    bounced = random.random(num_rows) < 0.2
    return np.where(bounced, random.uniform(0, 2, num_rows), 2 + random.lognormal(3, 1, num_rows))


def task(kind: str, factor: float = 1.0, **changes: Any) -> DurationTask:
    distribution = {**KINDS[kind], **changes}
    if "bounce_seconds" in distribution:
        distribution["bounce_seconds"] *= factor
    return DurationTask.model_validate(
        {"name": "dwell", "kind": "duration", "label": "s", "tower": {"widths": [4]}, "distribution": distribution}
    )


def measured(made: DurationTask, labels: np.ndarray) -> DurationStatistics:
    moments = Moments()
    moments.add(labels)
    return duration_statistics(made, labels, moments)


def head(kind: str, factor: float = 1.0, labels: np.ndarray | None = None, **changes: Any) -> DurationHead:
    made = task(kind, factor, **changes)
    torch.manual_seed(0)
    return made.build(3, measured(made, (seconds() if labels is None else labels) * factor))


def outputs(made: DurationHead, num_rows: int = 200) -> Tensor:
    return torch.randn(num_rows, made.num_outputs, generator=torch.Generator().manual_seed(1))


@every_kind
@pytest.mark.parametrize("factor", [1e-3, 60.0])
def test_the_unit_cancels(kind: str, factor: float) -> None:
    one, other = head(kind), head(kind, factor)
    label = torch.from_numpy(seconds(200)).float()
    output = outputs(one)
    assert one.base_loss == pytest.approx(other.base_loss, rel=1e-4)
    torch.testing.assert_close(one.loss(output, label), other.loss(output, label * factor), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(one.estimate(output), other.estimate(output), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(one.taught(label), other.taught(label * factor), rtol=1e-3, atol=1e-3)
    found, scaled = one.predict(output, Identity()), other.predict(output, Identity())
    for name, values in found.items():
        torch.testing.assert_close(values * factor, scaled[name], rtol=1e-3, atol=1e-3 * factor)


@every_kind
def test_outputs_of_zero_cost_one_on_the_rows_that_were_measured(kind: str) -> None:
    made, label = head(kind), torch.from_numpy(seconds()).float()
    assert made.loss(torch.zeros(len(label), made.num_outputs), label).mean().item() == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("kind", ["bounce_log_normal", "quantiles"])
def test_outputs_of_zero_predict_the_distribution_of_all_rows(kind: str) -> None:
    made, labels = head(kind), seconds()
    predicted = made.predict(torch.zeros(1, made.num_outputs), Identity())
    low, median, high = np.quantile(labels, [0.05, 0.5, 0.95])
    assert predicted["dwell"].item() == pytest.approx(labels.mean(), rel=0.1)
    assert predicted["dwell_median"].item() == pytest.approx(median, rel=0.1)
    assert predicted["dwell_low"].item() == pytest.approx(low, rel=0.2)
    assert predicted["dwell_high"].item() == pytest.approx(high, rel=0.2)


@every_kind
@given(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=30),
    st.tuples(*[st.floats(0.01, 10)] * 4),
)
def test_answers_are_finite_in_order_and_bounded(
    kind: str, values: list[float], factors: tuple[float, float, float, float]
) -> None:
    made = head(kind, labels=seconds(500))
    moment = Moment(**dict(zip(("factor", "median_factor", "low_factor", "high_factor"), factors, strict=True)))
    output = torch.tensor(values)[:, None] * torch.linspace(-1, 1, made.num_outputs)[None, :]
    predicted = made.predict(output, moment)
    assert list(predicted) == ["dwell", "dwell_median", "dwell_low", "dwell_high"]
    longest = made.statistics.max_seconds * (1 + 1e-5)
    for found in predicted.values():
        assert torch.isfinite(found).all()
        assert (found >= 0).all()
    mean, median, low, high = predicted.values()
    assert (low <= median).all()
    assert (median <= high).all()
    assert (high <= longest).all()
    assert (mean <= factors[0] * (longest + made.statistics.scale_seconds)).all()


@every_kind
@pytest.mark.parametrize("label", [0.0, 1e-9, 2.0, 1e9, 3e38])
def test_losses_and_gradients_are_finite_at_extremes(kind: str, label: float) -> None:
    made = head(kind)
    output = torch.cat([scale * outputs(made, 9) for scale in (1.0, 50.0, 1e3)]).requires_grad_()
    loss = made.loss(output, torch.full((len(output),), label))
    assert torch.isfinite(loss).all()
    loss.sum().backward()
    assert output.grad is not None
    assert torch.isfinite(output.grad).all()


@every_kind
def test_what_a_label_stands_for_grows_with_the_label(kind: str) -> None:
    made = head(kind)
    label = torch.tensor([3.0, 20.0, 200.0])
    taught = made.taught(label)
    assert taught.shape == (3, made.num_outputs)
    assert (made.estimate(taught)[:, 0].diff() > 0).all()
    assert made.taught(torch.tensor([0.0])).isfinite().all()


@given(st.integers(1, 40).map(lambda half: 2 * half + 1), st.integers(0, 9))
def test_no_quantile_crosses_another(number: int, seed: int) -> None:
    made = head("quantiles", labels=np.repeat([0.0, 5.0, 60.0], 40), num_quantiles=number)
    assert isinstance(made, QuantilesHead)
    found = made.quantiles(30 * torch.randn(20, number, generator=torch.Generator().manual_seed(seed)))
    assert (found.diff(dim=1) >= 0).all()


def test_the_mean_of_quantiles_is_that_of_draws() -> None:
    made = head("quantiles")
    assert isinstance(made, QuantilesHead)
    output = outputs(made, 5)
    levels = np.random.default_rng(0).random(400_000)
    found = made.growths(output)
    for index, quantiles in enumerate(made.quantiles(output).double().numpy()):
        standardised = np.interp(levels, made.levels.numpy(), quantiles)
        statistics = made.statistics
        growth = np.exp(standardised * statistics.log_standard_deviation + statistics.log_mean)
        growth = growth.clip(1, 1 + statistics.max_seconds / statistics.scale_seconds)
        assert found.mean[index].item() == pytest.approx(growth.mean(), rel=0.01)
        assert found.low[index].item() == pytest.approx(np.quantile(growth, 0.05), rel=0.02)
        assert found.high[index].item() == pytest.approx(np.quantile(growth, 0.95), rel=0.02)


@pytest.mark.parametrize("kind", ["bounce_log_normal", "quantiles"])
def test_a_head_that_learns_one_distribution_finds_it(kind: str) -> None:
    """Outputs as free parameters, trained on draws of another distribution than that of all rows."""
    made = head(kind)
    random = np.random.default_rng(1)
    label = torch.from_numpy(np.where(random.random(5_000) < 0.5, random.uniform(0, 2, 5_000),
                                      random.lognormal(4, 0.5, 5_000))).float()  # fmt: skip
    output = torch.zeros(1, made.num_outputs, requires_grad=True)
    optimizer = torch.optim.Adam([output], lr=0.05)
    for _ in range(400):
        optimizer.zero_grad()
        made.loss(output.expand(len(label), -1), label).mean().backward()
        optimizer.step()
    predicted = made.predict(output.detach(), Identity())
    assert predicted["dwell"].item() == pytest.approx(label.mean().item(), rel=0.1)
    assert predicted["dwell_high"].item() == pytest.approx(label.quantile(0.95).item(), rel=0.1)


def test_without_a_coverage_there_is_no_interval() -> None:
    plain = DurationTask(name="dwell", kind="duration", label="s")
    assert plain.distribution.kind == "log_normal"
    assert plain.prediction_names == ("dwell", "dwell_median")


def test_an_even_number_of_quantiles_is_refused() -> None:
    with pytest.raises(ValueError, match=r"their number is odd; found num_quantiles = 20: take 21"):
        task("quantiles", num_quantiles=20)


@pytest.mark.parametrize("coverage", [0.0, 1.0, -0.1, math.nan])
@every_kind
def test_a_coverage_is_a_share(kind: str, coverage: float) -> None:
    with pytest.raises(ValueError, match="coverage"):
        task(kind, coverage=coverage)


@pytest.mark.parametrize("tail", [0.3, 1.0, 3.0])
def test_a_tail_that_falls_from_the_threshold_on_has_a_cost_above_zero(tail: float) -> None:
    """A bell cannot be this tail; the best one lies far below the threshold and is wide."""
    labels = np.append(np.zeros(3), 2 * np.exp(np.random.default_rng(0).exponential(tail, 20_000)))
    made = head("bounce_log_normal", labels=labels)
    assert made.base_loss > 0.5
    assert made.statistics.bounces is not None
    assert made.statistics.bounces.log_deviation > 1.5 * made.statistics.bounces.log_unit
