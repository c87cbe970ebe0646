"""From the distribution of a duration head to a mean, a median and an interval that hold on held-out rows.

All factors are of 1 + seconds / scale, so they shift its logarithm.

Of a log-normal with m the predicted mean of the logarithm and e the error, the mean is exp(m) times the mean of exp(e),
whatever the distribution of e: Duan, "Smearing Estimate", 1983, https://doi.org/10.1080/01621459.1983.10478017. Duan
takes the mean of exp(e); we take the factor that gives the total which is believed of the held-out rows, so that
predicted / observed is right where it is fitted. The median is exp(m) times the median of exp(e): 1 for a symmetric e,
but bounces pull the mean of a logarithm below its median. Heads that predict a mean and a median of their own have both
corrected the same way.

The ends of the interval are shifted until as many held-out rows lie inside as were asked for: Romano, Patterson,
Candes, "Conformalized Quantile Regression", NeurIPS 2019, https://arxiv.org/abs/1905.03222, theorem 2, which shifts
each end by a quantile of its own. Whatever the head predicts, new rows like them are then covered as often.
"""

from typing import Literal

from pydantic import Field

from models.frozen import Frozen


class Moment(Frozen):
    """Multiplies 1 + seconds / scale by a factor each for the mean, the median and both ends of the interval."""

    kind: Literal["moment"] = "moment"
    factor: float = Field(default=1.0, gt=0)
    """Of the mean."""
    median_factor: float = Field(default=1.0, gt=0)
    """Of the median."""
    low_factor: float = Field(default=1.0, gt=0)
    """Of the lower end of the interval."""
    high_factor: float = Field(default=1.0, gt=0)
    """Of the upper end of the interval."""
