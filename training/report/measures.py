"""Which numbers of a head are shown, in which order, and which way is better."""

import math
from dataclasses import dataclass
from typing import Literal

from training.amounts import amount_text

Goal = Literal["higher", "lower", "one", "zero", "asked"]
GOAL_TEXTS: dict[Goal, str] = {
    "higher": "higher is better",
    "lower": "lower is better",
    "one": "1 is right",
    "zero": "0 is right",
    "asked": "right where it is the share asked for",
}


@dataclass(frozen=True)
class Measure:
    """One number of a head.

    Attributes:
        key: its name in the evaluation.
        title: its name on the page.
        decimals: digits shown after the point; None for a number in the label's unit, of which four digits are shown.
        goal: which way is better.
        meaning: for the glossary.
        unit: follows the number.
    """

    key: str
    title: str
    decimals: int | None
    goal: Goal
    meaning: str
    unit: str = ""

    def text(self, value: float | None) -> str:
        """The value for people; a dash where there is none."""
        if value is None or finite(value) is None:
            return "-"
        return (amount_text(value) if self.decimals is None else f"{value:,.{self.decimals}f}") + self.unit

    def verdict(self, model: float | None, base: float | None) -> Literal["better", "worse", "same", ""]:
        """How the model compares with the base rate, as far as the digits shown can tell."""
        if model is None or base is None or finite(model) is None or finite(base) is None:
            return ""
        if self.goal == "asked":
            return ""
        if self.text(model) == self.text(base):
            return "same"
        if self.goal == "one":
            return "better" if _distance(model) < _distance(base) else "worse"
        if self.goal == "zero":
            return "better" if abs(model) < abs(base) else "worse"
        return "better" if (model > base) == (self.goal == "higher") else "worse"


def finite(value: float | None) -> float | None:
    """The value, or None where it is no number to show."""
    return value if value is not None and math.isfinite(value) else None


def _distance(ratio: float) -> float:
    """From 1, so that twice as much is as far as half."""
    return abs(math.log(ratio)) if ratio > 0 else math.inf


RATIO = Measure(
    "predicted_over_observed", "Predicted / observed", 3, "one",
    "The total that was predicted over the total that happened. 1.05 is 5% too much.",
)  # fmt: skip
XAUC = Measure(
    "xauc", "XAUC", 4, "higher",
    "Share of pairs of rows with different labels that are in the right order. 0.5 is chance.",
)  # fmt: skip
BIAS = Measure(
    "bias", "Bias", None, "zero", "Predicted mean less observed mean, in the label's unit. Above zero is too high."
)
UNOBSERVED = Measure(
    "unobserved_bias", "Bias where unobserved", 3, "zero",
    "Predicted mean over true mean, less 1, in the rows in which the label is not seen. Only a simulated log tells.",
)  # fmt: skip
BINARY = (
    Measure(
        "auc", "AUC", 4, "higher",
        "Share of pairs of one positive and one negative row that are in the right order. 0.5 is chance.",
    ),
    Measure(
        "gauc", "GAUC", 4, "higher",
        "AUC inside each group, say each user, weighted by the group's rows: what ranking for one user is worth.",
    ),
    Measure("log_loss", "Log loss", 4, "lower", "Mean surprise at what happened, in nats. Sees order and level."),
    Measure(
        "normalised_entropy", "Normalised entropy", 4, "lower",
        "Log loss over that of knowing the window's own rate and nothing else. 0.86: 14% of the uncertainty is gone.",
    ),
    RATIO,
    Measure(
        "expected_calibration_error", "Calibration error (ECE)", 5, "lower",
        "Mean distance between predicted and observed rate over 20 bins of equal size. A constant may score well.",
    ),
    UNOBSERVED,
)  # fmt: skip
DURATION = (
    Measure(
        "mae_seconds", "MAE", 2, "lower",
        "Mean distance between the predicted median and the duration, in seconds.", unit=" s",
    ),
    Measure(
        "rmse_log1p", "RMSE of log(1+s)", 4, "lower",
        "Root of the mean squared error of log(1 + seconds), by the predicted median: errors count as ratios.",
    ),
    XAUC,
    RATIO,
    Measure(
        "deviance", "Deviance", 4, "lower",
        "Mean of log(mean) + seconds / mean: smallest at the true mean. Only differences mean something.",
    ),
    Measure(
        "coverage", "Inside the interval", 4, "asked",
        "Share of the rows whose duration lies between the ends of its interval.",
    ),
    Measure("interval_seconds", "Width of the interval", 2, "lower", "Mean over the rows, in seconds.", unit=" s"),
    Measure(
        "interval_score", "Interval score", 2, "lower",
        "Mean width plus what misses are off by, times 2 over the share that may miss: smallest for the true ends.",
        unit=" s",
    ),
    UNOBSERVED,
)  # fmt: skip
REGRESSION = (
    Measure(
        "r2", "R squared", 4, "higher",
        "Share of the label's variance that is explained: 1 is everything, 0 is knowing the window's own mean alone.",
    ),
    Measure(
        "rmse", "RMSE", None, "lower", "Root of the mean squared error, in the label's unit: smallest at the true mean."
    ),
    Measure(
        "mae", "Absolute error", None, "lower",
        "Mean distance between prediction and label, in the label's unit. A median would score better than a mean.",
    ),
    XAUC,
    BIAS,
)  # fmt: skip
VALUE = (
    Measure(
        "normalised_gini", "Normalised Gini", 4, "higher",
        "How early the order of the predictions finds the total, over the best order: 0 is chance, 1 is that order.",
    ),
    Measure("spearman", "Rank correlation", 4, "higher", "Spearman's: 0 is chance. Many equal amounts keep it low."),
    Measure(
        "deviance_left", "Deviance left", 4, "lower",
        "Tweedie deviance over that of knowing the window's own mean and nothing else. Smallest at the true mean.",
    ),
    Measure(
        "mae", "Absolute error", None, "lower",
        "Mean distance between expected and observed amount, in the label's unit. Always zero may score well.",
    ),
    RATIO,
    Measure(
        "decile_error", "Decile error", 4, "lower",
        "Mean distance of predicted and observed mean over ten bins of equal size, as a share of the mean.",
    ),
    Measure(
        "probability_auc", "AUC of an amount", 4, "higher",
        "Share of pairs of one row above zero and one at zero that the probability puts in the right order.",
    ),
    UNOBSERVED,
)  # fmt: skip
MEASURES = {"binary": BINARY, "duration": DURATION, "regression": REGRESSION, "value": VALUE}
