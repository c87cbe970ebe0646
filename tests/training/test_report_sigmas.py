"""What the report says of learned sigmas."""

from dataclasses import replace

import pytest

from models.heads import BinaryStatistics, DurationStatistics, LabelStatistics, RegressionStatistics
from tests.training.test_report import history, reading, rendered, report_data, world
from training.report.sigmas import learned_sigmas, share_left, sigma_at_rest

STATISTICS: tuple[LabelStatistics, ...] = (
    BinaryStatistics(num_observed=10, rate=0.1),
    DurationStatistics(
        num_observed=10, mean_seconds=9, max_seconds=90, scale_seconds=5, log_mean=1, log_standard_deviation=0.8
    ),
    RegressionStatistics(num_observed=10, mean=3, standard_deviation=500, min=-900, max=900),
)


@pytest.mark.parametrize("statistics", STATISTICS)
@pytest.mark.parametrize("unit", ["base_rate", "label"])
def test_sigma_and_the_share_that_is_left_are_each_others_inverse(statistics: LabelStatistics, unit: str) -> None:
    for share in (0.2, 0.9, 1.4):
        sigma = sigma_at_rest(share, statistics, unit)  # type: ignore[arg-type]
        assert share_left(sigma, statistics, unit) == pytest.approx(share)  # type: ignore[arg-type]


def test_in_the_labels_unit_the_sigma_of_a_regression_is_its_noise() -> None:
    assert sigma_at_rest(0.64, STATISTICS[2], "label") == pytest.approx(0.8 * 500)


def test_every_head_has_a_sentence_and_the_captured_share_with_it() -> None:
    run = report_data(world(2_000))
    click, dwell, _ = learned_sigmas(run, history())
    loss = click.loss or 0
    assert f"{click.sigma**2 / 2:.0%} of the base rate's log loss is left" in click.sentence
    assert f"explains {1 - dwell.sigma**2:.0%} of the variance of dwell's logarithm" in dwell.sentence or (
        "no lower than the base rate's" in dwell.sentence
    )
    assert click.rest == pytest.approx((2 * loss) ** 0.5)
    captured = run.evaluation.tasks["click"].metrics["captured"]
    assert captured is not None
    assert f"captured {captured:.0%} of what can be known" in click.sentence
    assert click.sentence in rendered(run).text


def test_a_sigma_that_has_not_followed_its_loss_is_named() -> None:
    late = [replace(reading(step), sigmas={"click": 2.0}) for step in (1, 21)]
    (click,) = learned_sigmas(report_data(world(100)), history(readings=late))
    assert "not settled" in click.sentence
    assert "no lower than the base rate's" in click.sentence  # a sigma of 2 is a loss of 2
    settled = [replace(reading(step), sigmas={"click": (2 * reading(step).losses["click"]) ** 0.5}) for step in (1, 21)]
    assert "not settled" not in learned_sigmas(report_data(world(100)), history(readings=settled))[0].sentence


@pytest.mark.parametrize("kind", ["dwa", "gradnorm", "famo", "gradients", "fixed", "uncertainty"])
def test_every_weighting_has_its_picture(kind: str) -> None:
    seen = history(readings=[reading(step, sigmas=kind == "uncertainty") for step in (1, 21, 41)])
    text = rendered(report_data(world(100), history=seen, weighting=kind)).text
    assert "Loss factors" in text
    assert ("What the sigmas say" in text) == (kind == "uncertainty")
