"""The interval of a mean over pairs of rows, from what each row has to do with it.

Hoeffding, "A Class of Statistics with Asymptotically Normal Distribution", Annals of Mathematical Statistics 1948,
https://doi.org/10.1214/aoms/1177730196: a mean over pairs varies like the sum of what each row adds in either place.
Its normal interval is what a bootstrap over rows converges to, without the resampling.
"""

import math

from scipy.stats import norm
from torch import Tensor

from training.evaluation.interval import CONFIDENCE, Interval


def mean_difference(received: Tensor, given: Tensor) -> Interval:
    """Mean over rows, and its 95% interval over other rows and other pairings of them.

    Only some pairs are looked at. Their noise is in both arguments, so the interval is a little wide.

    Args:
        received: mean of what was found with each row in the first place of a pair, [rows].
        given: the same with each row in the second place, [rows].
    """
    influence = received + given
    error = float(influence.std()) / math.sqrt(len(influence))
    half = float(norm.ppf((1 + CONFIDENCE) / 2)) * error
    mean = float(received.mean())
    return Interval(mean, mean - half, mean + half)
