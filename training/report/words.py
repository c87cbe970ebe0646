"""Plain sentences about numbers."""

from collections.abc import Mapping

from models.calibration import Calibration, Moment, Platt
from models.config import ModelConfig
from models.heads import BinaryStatistics, LabelStatistics, Task
from models.trunks import MMoEConfig

Metrics = Mapping[str, float | None]


def binary_sentence(metrics: Metrics) -> str:
    """What a binary head can do."""
    parts = []
    if (auc := metrics.get("auc")) is not None:
        parts.append(f"ranks {auc:.1%} of pairs correctly")
    if (entropy := metrics.get("normalised_entropy")) is not None:
        gone = 1 - entropy
        parts.append(
            f"removes {gone:.1%} of the base rate's uncertainty"
            if gone >= 0
            else f"adds {-gone:.1%} to the base rate's uncertainty"
        )
    else:
        parts.append("saw only one outcome in the test window, so its order cannot be judged")
    return _joined([*parts, total_words(metrics.get("predicted_over_observed"), "many")])


def duration_sentence(metrics: Metrics, base: Metrics) -> str:
    """What a duration head can do."""
    parts = []
    if (xauc := metrics.get("xauc")) is not None:
        parts.append(f"orders {xauc:.1%} of pairs correctly")
    error, base_error = metrics.get("mae_seconds"), base.get("mae_seconds")
    if error is not None:
        beside = "" if base_error is None else f" (always the same duration: {base_error:.1f} s)"
        parts.append(f"is off by {error:.1f} s on average{beside}")
    return _joined([*parts, total_words(metrics.get("predicted_over_observed"), "much")])


def total_words(ratio: float | None, amount: str) -> str:
    """Predicted over observed in words; `many` for events, `much` for time."""
    if ratio is None:
        return ""
    if abs(ratio - 1) < 0.0005:
        return "predicts the right total"
    if ratio > 2:
        return f"predicts {ratio:.1f} times as {amount} as happened"
    few = {"many": "few", "much": "little"}[amount]
    return f"predicts {ratio - 1:.1%} too {amount}" if ratio > 1 else f"predicts {1 - ratio:.1%} too {few}"


def base_words(statistics: LabelStatistics, metrics: Metrics) -> str:
    """The base rate of the training window, and the same of the test window."""
    if isinstance(statistics, BinaryStatistics):
        found = metrics.get("rate")
        return f"base rate {statistics.rate:.3%}" + ("" if found is None else f", {found:.3%} in the test window")
    found = metrics.get("mean_seconds")
    return f"base mean {statistics.mean_seconds:.1f} s" + (
        "" if found is None else f", {found:.1f} s in the test window"
    )


def calibration_words(calibration: Calibration) -> str:
    """What a calibration does, and what it says of the head."""
    if isinstance(calibration, Platt):
        sign = "-" if calibration.intercept < 0 else "+"
        line = f"{calibration.slope:.4f} x logit {sign} {abs(calibration.intercept):.4f}"
        return f"Fitted on the validation window: sigmoid({line}). {_slope_words(calibration.slope)}"
    if isinstance(calibration, Moment):
        ratio = calibration.factor / calibration.median_factor
        what = f"the mean of 1 + seconds / scale is {ratio:.4f} times its median"
        return f"Fitted on the validation window: {what}."
    return "Not fitted: the output is believed as it is (too few rows, or one outcome, in the validation window)."


def _slope_words(slope: float) -> str:
    if abs(slope - 1) <= 0.02:
        return "The head's spread was right."
    shrunk = "over-confident, so differences are shrunk"
    return f"The head was {shrunk if slope < 1 else 'timid, so differences are widened'}."


def trunk_words(model: ModelConfig) -> str:
    """What the heads share."""
    trunk = model.trunk
    what = f"{trunk.num_experts} experts, mixed for each task by a gate" if isinstance(trunk, MMoEConfig) else ""
    return f"All heads read the trunk, of kind {trunk.kind}" + (f" ({what})." if what else ".")


def task_words(task: Task) -> str:
    """Whom a task reads, and when its label counts."""
    reads = [
        f"{edge.task} ({'stop-gradient' if edge.stop_gradient else 'its loss also trains that head'})"
        for edge in task.reads
    ]
    source = f"reads {' and '.join(reads)}" if reads else "reads no other task"
    counts = (
        f"its label counts where {task.observed_when} is positive" if task.observed_when else "its label always counts"
    )
    return f"{source}; {counts}."


def _joined(parts: list[str]) -> str:
    text = "; ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] + "."
