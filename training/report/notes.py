"""What a person should know before trusting the numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from models.calibration import Identity
from training.amounts import amount_text
from training.history import History
from training.report.data import ReportData
from training.report.losses import kept

TRUSTED_RATIOS = (0.9, 1.1)
"""Predicted over observed outside of this deserves a look."""
TRUSTED_BIAS = 0.1
"""A regression's bias beyond this share of its label's standard deviation does too."""
MANY_NULLS = 0.5
SHOWN_DAYS = 12


@dataclass(frozen=True)
class Note:
    """One remark; `attention` stands out."""

    level: Literal["attention", "plain"]
    text: str


def notes(run: ReportData) -> list[Note]:
    """All remarks, those that need attention first."""
    found = [*_of_data(run), *_of_heads(run), *(_of_training(run.history) if run.history else ())]
    return sorted(found, key=lambda note: note.level)


def is_trusted(metrics: Mapping[str, float | None]) -> bool:
    """Whether the level of the predictions is near enough to what happened, or unknown."""
    ratio, bias, deviation = (metrics.get(key) for key in ("predicted_over_observed", "bias", "standard_deviation"))
    if bias is not None and deviation is not None:
        return abs(bias) <= TRUSTED_BIAS * deviation or deviation == 0
    return ratio is None or TRUSTED_RATIOS[0] <= ratio <= TRUSTED_RATIOS[1]


def _of_data(run: ReportData) -> Iterator[Note]:
    days = run.windows.days_without_rows
    if days:
        shown = ", ".join(map(str, days[:SHOWN_DAYS])) + (
            f" and {len(days) - SHOWN_DAYS} more" * (len(days) > SHOWN_DAYS)
        )
        yield Note("attention", f"The log has no rows on {len(days)} day{'s' * (len(days) > 1)}: {shown}.")
    for feature, share in run.null_shares.items():
        if share >= MANY_NULLS:
            yield Note("plain", f"Feature {feature} is missing in {share:.0%} of the training rows.")


def _of_heads(run: ReportData) -> Iterator[Note]:
    for task in run.model.tasks:
        measured = run.measured(task)
        entropy, explained = measured.metrics.get("normalised_entropy"), measured.metrics.get("r2")
        left = measured.metrics.get("deviance_left")
        if measured.num_observed == 0:
            yield Note("attention", f"{task.name}: no row of the test window has this label, so nothing was measured.")
        elif not is_trusted(measured.metrics):
            yield Note(
                "attention",
                f"{task.name}: {_level_words(measured.metrics)}. Where the level changed between validation and test "
                f"window, train on newer days or more often.",
            )
        if entropy is not None and entropy >= 1:
            yield Note("attention", f"{task.name}: no better than knowing the test window's rate alone.")
        if (explained is not None and explained <= 0) or (left is not None and left >= 1):
            yield Note("attention", f"{task.name}: no better than knowing the test window's mean alone.")
        if isinstance(run.calibrations.get(task.name), Identity):
            why = 'kind = "none", or too few rows, or only one outcome'
            yield Note("plain", f"{task.name}: no calibration was fitted ({why}).")


def _level_words(metrics: Mapping[str, float | None]) -> str:
    """What is wrong with a level that is not trusted."""
    if (bias := metrics.get("bias")) is not None:
        return (
            f"the predicted mean is {amount_text(abs(bias))} too {'high' if bias > 0 else 'low'}, more than "
            f"{TRUSTED_BIAS:.0%} of the label's standard deviation"
        )
    low, high = TRUSTED_RATIOS
    return f"predicted / observed is {metrics['predicted_over_observed']:.3f}, outside {low:g} to {high:g}"


def _of_training(history: History) -> Iterator[Note]:
    if (found := history.found_rates).by_subnet:
        rates = ", ".join(f"{subnet} {rate:g}" for subnet, rate in found.by_subnet.items())
        yield Note("plain", f"Learning rates found automatically, by short runs of {found.num_steps:,} steps: {rates}.")
    if history.stopped_because:
        yield Note("plain", f"Training stopped after {history.num_steps:,} steps: {history.stopped_because}.")
    best = kept(history.validations)
    if best is None or len(history.validations) < 2:
        return
    if best is history.validations[-1]:
        yield Note("plain", "The last validation was the best: more steps may still help.")
    else:
        later = sum(looked.step > best.step for looked in history.validations)
        yield Note(
            "plain", f"The weights of step {best.step:,} were kept; the {later} later validation{'s' * (later > 1)} "
            f"{'were' if later > 1 else 'was'} no better."
        )  # fmt: skip
