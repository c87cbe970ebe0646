"""From the median of a log-normal head to its mean.

The mean of exp(m + e) is exp(m) times the mean of exp(e), whatever the distribution of e: Duan, "Smearing
Estimate", 1983, https://doi.org/10.1080/01621459.1983.10478017. We take the ratio of totals instead of the mean of
ratios, so that predicted / observed is exactly 1 on the rows it is fitted on.
"""

from typing import Literal

from pydantic import Field

from models.frozen import Frozen


class Moment(Frozen):
    """Multiplies exp(m) by a factor."""

    kind: Literal["moment"] = "moment"
    factor: float = Field(default=1.0, gt=0)
