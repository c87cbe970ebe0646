"""Plain sentences about numbers."""

from collections.abc import Mapping

from models.calibration import Amount, Isotonic, Line, Moment, Platt, Smooth
from models.calibration.by_field import ByField, TaskCalibration
from models.config import ModelConfig
from models.heads import (
    BinaryStatistics,
    BinaryTask,
    DurationStatistics,
    Edge,
    LabelStatistics,
    RegressionStatistics,
    Task,
    ValueStatistics,
)
from models.trunks import MMoEConfig
from training.amounts import amount_text

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


def regression_sentence(metrics: Metrics, base: Metrics) -> str:
    """What a regression head can do."""
    parts = []
    if (explained := metrics.get("r2")) is None:
        parts.append("saw only one value in the test window, so nothing could be explained")
    elif explained >= 0:
        parts.append(f"explains {explained:.1%} of the variance")
    else:
        parts.append(f"adds {-explained:.1%} to the variance of the labels")
    if (xauc := metrics.get("xauc")) is not None:
        parts.append(f"orders {xauc:.1%} of pairs correctly")
    error, base_error = metrics.get("rmse"), base.get("rmse")
    if error is not None:
        beside = "" if base_error is None else f" (always the mean: {amount_text(base_error)})"
        parts.append(f"has a root mean squared error of {amount_text(error)}{beside}")
    if (bias := metrics.get("bias")) is not None:
        level = "too high" if bias > 0 else "too low"
        parts.append(f"predicts a mean that is {amount_text(abs(bias))} {level}" if bias else "predicts the right mean")
    return _joined(parts)


def value_sentence(metrics: Metrics) -> str:
    """What a value head can do."""
    parts = []
    if (gini := metrics.get("normalised_gini")) is not None:
        parts.append(f"finds the total {gini:.1%} as early as the best order would")
    if (left := metrics.get("deviance_left")) is not None:
        gone = 1 - left
        parts.append(
            f"removes {gone:.1%} of the deviance" if gone >= 0 else f"adds {-gone:.1%} to the deviance of the mean"
        )
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
    match statistics:
        case BinaryStatistics():
            base, found = f"base rate {statistics.rate:.3%}", _text(metrics.get("rate"), "{:.3%}")
        case DurationStatistics():
            base, found = f"base mean {statistics.mean_seconds:.1f} s", _text(metrics.get("mean_seconds"), "{:.1f} s")
        case RegressionStatistics():
            base = f"base mean {amount_text(statistics.mean)}, deviation {amount_text(statistics.standard_deviation)}"
            mean = metrics.get("mean")
            found = "" if mean is None else f"mean {amount_text(mean)}"
        case ValueStatistics():
            base = f"base mean {amount_text(statistics.mean)}, {statistics.amounts.share_above:.3%} above zero"
            mean = metrics.get("mean")
            found = "" if mean is None else f"mean {amount_text(mean)}"
    return base + (f", {found} in the test window" if found else "")


def calibration_words(calibration: TaskCalibration) -> str:
    """What a calibration does, and what it says of the head."""
    if isinstance(calibration, ByField):
        few = "no value has rows enough for one of its own"
        num = len(calibration.own)
        own = f"values with a calibration of their own: {num}, all others have this one" if num else few
        return f"{calibration_words(calibration.overall)} By {calibration.field}: {own}."
    if isinstance(calibration, Isotonic | Smooth):
        shape = "any increasing function" if isinstance(calibration, Isotonic) else "a line that may bend"
        return f"Fitted on the validation window: {shape} from logit to logit, with {len(calibration.inputs)} knots."
    if isinstance(calibration, Platt):
        sign = "-" if calibration.intercept < 0 else "+"
        line = f"{calibration.slope:.4f} x logit {sign} {abs(calibration.intercept):.4f}"
        return f"Fitted on the validation window: sigmoid({line}). {_slope_words(calibration.slope)}"
    if isinstance(calibration, Moment):
        mean, median = calibration.factor, calibration.median_factor
        what = f"the mean of 1 + seconds / scale is multiplied by {mean:.4f} and its median by {median:.4f}"
        return f"Fitted on the validation window: {what}."
    if isinstance(calibration, Amount):
        line = f"{calibration.slope:.4f} x logit + {calibration.intercept:.4f}".replace("+ -", "- ")
        what = f"an amount has the probability sigmoid({line}), and its mean is multiplied by {calibration.factor:.4f}"
        return f"Fitted on the validation window: {what}. {_slope_words(calibration.slope)}"
    if isinstance(calibration, Line):
        sign = "-" if calibration.intercept < 0 else "+"
        line = f"{calibration.slope:.4f} x standardised value {sign} {abs(calibration.intercept):.4f}"
        return f"Fitted on the validation window: {line}. {_slope_words(calibration.slope)}"
    return (
        "Not fitted: the output is believed as it is (too few rows, or one outcome, in the validation window, or "
        'kind = "none").'
    )


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
    reads = [edge_words(edge) for edge in task.reads]
    source = f"reads {' and '.join(reads)}" if reads else "reads no other task"
    counts = (
        f"its label counts where {task.observed_when} is positive" if task.observed_when else "its label always counts"
    )
    return f"{source}; {counts}{_space_words(task)}."


def _space_words(task: Task) -> str:
    """Over which rows a task learns, where it is not only those with its label."""
    if not isinstance(task, BinaryTask) or task.entire_space is None:
        return ""
    space, when = task.entire_space, task.observed_when
    weights = f"rows with {when} weighted by inverse propensity, at most {space.largest_weight:g}"
    if space.correction == "calibration":
        return f"; it is calibrated for the entire space, from {weights}"
    back = f"stop-gradient to {when}" if space.stop_gradient else f"its loss also trains {when}"
    product = f"; it learns over the entire space from the product of {when} and {task.name} ({back})"
    return product + (f", and from {weights}" if space.correction == "ips" else ", with no correction")


def edge_words(edge: Edge) -> str:
    """What a task gets from another, and what it gives back."""
    back = "stop-gradient" if edge.stop_gradient else "its loss also trains that head"
    taught = f"; its label instead at first, less and less often until step {edge.teacher_forcing_steps:,}"
    return f"{edge.task}'s {edge.hands_on} ({back}{taught if edge.teacher_forcing_steps else ''})"


def _text(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def _joined(parts: list[str]) -> str:
    text = "; ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] + "."
