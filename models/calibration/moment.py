"""From the centre of a log-normal head to its mean and its median.

With m the predicted mean of the logarithm and e the error, the mean is exp(m) times the mean of exp(e), whatever the
distribution of e: Duan, "Smearing Estimate", 1983, https://doi.org/10.1080/01621459.1983.10478017. Duan takes the mean
of exp(e); we take the factor that gives the total which is believed of the held-out rows, so that predicted / observed
is right where it is fitted. The median is exp(m) times the median of exp(e): 1 for a symmetric e, but bounces pull the
mean of a logarithm below its median.
"""

from typing import Literal

from pydantic import Field

from models.frozen import Frozen


class Moment(Frozen):
    """Multiplies exp(m) by a factor each for the mean and for the median."""

    kind: Literal["moment"] = "moment"
    factor: float = Field(default=1.0, gt=0)
    """Of the mean."""
    median_factor: float = Field(default=1.0, gt=0)
    """Of the median."""
