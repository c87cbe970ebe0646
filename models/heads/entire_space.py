"""The setting that makes a task's answers hold for all rows and not only for those in which its label was observed.

A conversion is seen only after a click, so a head that learns from clicked rows knows the people who click and is asked
about all others. See `training/entire_space.py` for the losses and their papers.
"""

from typing import Literal

from pydantic import Field

from models.frozen import Frozen


class EntireSpaceConfig(Frozen):
    """Makes a task's answers hold for every row in which the label of its `observed_when` counts."""

    correction: Literal["ips", "calibration", "none"] = "ips"
    """`ips` learns from the product of the two probabilities in all rows, and from observed rows weighted by their
    inverse propensity, so that they stand for all; `calibration` learns from observed rows as they are and weights them
    for the calibration alone; `none` is plain ESMM, the product and no weights."""
    largest_weight: float = Field(default=10.0, ge=1)
    """A row that had a small chance to be observed counts for at most so many rows of average chance."""
    stop_gradient: bool = True
    """Nothing of this task's loss flows back through the product into the head that it is observed by; `false` is the
    paper's ESMM."""

    @property
    def learns_everywhere(self) -> bool:
        """Whether rows without an observed label are part of the loss."""
        return self.correction != "calibration"
