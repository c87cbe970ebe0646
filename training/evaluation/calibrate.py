"""Fits each head's calibration on the validation window, which the weights were not fitted on."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from torch import Tensor

from models.calibration import Calibration, Identity, Line, Moment, Platt
from models.heads import BinaryHead, DurationHead, RegressionHead
from models.network import Network
from training.data.batches import TrainingBatch
from training.entire_space import row_weights

MAX_NEWTON_STEPS = 100
PRIOR_ROWS = 100.0
"""Weight of the prior slope 1, in rows: a handful of positives must not turn a head upside down."""
DAY_TO_DAY = 0.05
"""By how much a true mean moves from one window to the next: a duration's as a share of it, a regression label's in
standard deviations of the label."""
SMALLEST_SLOPE = 0.01
"""Of a regression head: one that is upside down predicts nearly a constant rather than turn the candidates around."""
MIN_ROWS = 50
"""With fewer observed rows nothing is fitted."""
BATCH_ROWS = 8_192
GRADIENT = 1e-10
"""Where the fit of a line ends, in events a row: scipy's default of 1e-5 is 10% of a rate of 1 in 10,000."""


@torch.inference_mode()
def fit_calibrations(network: Network, rows: TrainingBatch) -> dict[str, Calibration]:
    """A calibration for each task from encoded rows."""
    network.eval()
    parts = [network(rows.rows(index).inputs) for index in torch.split(torch.arange(len(rows)), BATCH_ROWS)]
    outputs = {name: torch.cat([part[name] for part in parts]) for name in network.graph.tasks}
    return {name: _fitted(network, name, outputs, rows.labels[name]) for name in network.graph.tasks}


def _fitted(network: Network, name: str, outputs: Mapping[str, Tensor], label: Tensor) -> Calibration:
    observed = ~label.isnan()
    output, label = outputs[name][observed], label[observed]
    if len(label) < MIN_ROWS:
        return Identity()
    head = network.head(name)
    match head:
        case BinaryHead():
            logit = (output[:, 0] + head.base_logit).double().numpy()
            weight = row_weights(network, name, outputs, observed)
            return fit_platt(logit, label.double().numpy(), None if weight is None else weight.double().numpy())
        case DurationHead():
            seconds = label.double().numpy()
            mean = believed_mean(seconds, head.statistics.mean_seconds)
            moment = fit_moment(head, output, mean)
            return moment.model_copy(update={"median_factor": median_factor(head, output, label)})
        case RegressionHead():
            return fit_line(output[:, 0].double().numpy(), head.taught(label)[:, 0].double().numpy())


def fit_platt(
    logit: NDArray[np.float64], label: NDArray[np.float64], weight: NDArray[np.float64] | None = None
) -> Calibration:
    """Slope and intercept of least log loss; identity where only one outcome was seen.

    Fitted about the mean logit with a weak Gaussian prior that the slope is 1. The intercept is free, so predicted and
    observed totals agree on the rows of the fit.

    Args:
        logit: before calibration, [rows].
        label: 0 or 1, [rows].
        weight: for how many average rows each one stands, [rows]; 1 where none is given.
    """
    if label.min() == label.max():
        return Identity()
    weight = np.ones(len(label)) if weight is None else weight / weight.mean()
    centre = float((weight * logit).mean())

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        log_slope, intercept = parameters
        slope = np.exp(log_slope)
        z = slope * (logit - centre) + intercept
        error = weight * (expit(z) - label)
        value = float((weight * (np.logaddexp(0, z) - label * z)).sum()) + PRIOR_ROWS * log_slope**2 / 2
        slope_gradient = float((error * (logit - centre)).sum()) * slope + PRIOR_ROWS * log_slope
        return value / len(label), np.array([slope_gradient, float(error.sum())]) / len(label)

    found = minimize(loss, np.array([0.0, centre]), jac=True, method="BFGS", options={"gtol": GRADIENT})
    slope = float(np.exp(found.x[0]))
    return Platt(slope=slope, intercept=float(found.x[1]) - slope * centre)


def believed_mean(seconds: NDArray[np.float64], mean_before: float) -> float:
    """The mean duration of a window, between what it shows and the mean of the window before.

    Durations are heavy-tailed: the mean of a few thousand of them is off by several per cent, and a single day's total
    can be a fifth too high by chance. So the observed mean gets the weight n / (n + v / d^2) with v the squared
    coefficient of variation and d = DAY_TO_DAY: the posterior mean if true means moved by that much between windows.
    """
    observed = float(seconds.mean())
    if observed == 0:
        return observed
    variation = float(seconds.var()) / observed**2
    weight = len(seconds) / (len(seconds) + variation / DAY_TO_DAY**2)
    return weight * observed + (1 - weight) * mean_before


def median_factor(head: DurationHead, output: Tensor, label: Tensor) -> float:
    """The factor with which half of the rows stay below their predicted median."""
    return float(((1.0 + label / head.statistics.scale_seconds) / head.growth(output)).double().median())


def fit_moment(head: DurationHead, output: Tensor, mean_seconds: float) -> Calibration:
    """The factor that makes the mean of the predicted means `mean_seconds`.

    A predicted mean is never below zero, so the factor is that of the rows above zero. Newton's method from above is
    exact after a few steps, because the total is convex and made of straight pieces.
    """
    growth = head.growth(output).double()
    observed = mean_seconds * len(growth) / head.statistics.scale_seconds
    factor = (observed + len(growth)) / growth.sum()
    for _ in range(MAX_NEWTON_STEPS):
        above = growth[factor * growth > 1.0]
        if len(above) == 0:
            break
        previous, factor = factor, (observed + len(above)) / above.sum()
        if factor >= previous:
            break
    return Moment(factor=float(factor))


def fit_line(output: NDArray[np.float64], label: NDArray[np.float64]) -> Line:
    """Slope and level of least squared error, as far as noisy rows can be believed.

    Both are posterior means under a normal prior that the head is right: the slope moves with a weight of PRIOR_ROWS
    rows, as that of a binary head, and the level as far as `believed_mean` lets one of a duration. The more the labels
    stray from the output, the less is believed: 50 noisy rows move little, and a day of 100,000 nearly everything. So
    predicted and observed mean agree on the rows of the fit only as far as their observed mean is known.

    Args:
        output: standardised values, [rows].
        label: standardised too, [rows].
    """
    error = label - output
    centred = output - output.mean()
    noise = float(error.var())
    known = float(np.square(centred).sum()) + PRIOR_ROWS * noise
    slope = max(1.0 + float((centred * error).sum()) / known, SMALLEST_SLOPE) if known else 1.0
    level = float(error.mean()) * len(error) / (len(error) + noise / DAY_TO_DAY**2)
    return Line(slope=slope, intercept=level + (1.0 - slope) * float(output.mean()))
