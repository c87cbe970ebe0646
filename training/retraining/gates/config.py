"""How a candidate is held against the champion."""

from pydantic import Field

from models.frozen import Frozen


class GatesConfig(Frozen):
    """The section [retrain.gates]: when a trained candidate is held.

    A gate holds a candidate only where the rows show that it breaks a limit, not where they leave it open
    (docs/gates.md has the reasons).
    """

    confidence: float = Field(default=0.99, gt=0.5, lt=1)
    """How sure an interval over rows (or users) has to be before it holds a candidate, over all heads together."""
    min_rows: int = Field(default=500, ge=1)
    """Rows in which a label counts, and for a binary one `min_outcomes` of both outcomes: with fewer a head is not
    compared, and the gate says so."""
    min_outcomes: int = Field(default=25, ge=1)
    """Positives and negatives that a binary head needs: with fewer the bootstrap's interval is too short."""
    max_loss_of_ne: float = Field(default=0.005, ge=0)
    """By how much the normalised entropy of a binary head may be above the champion's for sure; where it is above for
    sure, it may be by twice as much on the rows at hand. Honest candidates of one day to the next differ by up to this
    on 20,000 rows a day."""
    max_loss_of_variance: float = Field(default=0.02, ge=0)
    """The same for heads of other kinds, whose loss is a squared error or a deviance in units of knowing the mean
    alone: few large labels decide it, and honest candidates differ by up to this."""
    max_gain_of_ne: float = Field(default=0.1, gt=0)
    """By how much a head's loss, in these units, may be below: a day of rows brings a hundredth, a leaked label most of
    the loss."""
    max_miscalibration: float = Field(default=0.1, gt=0)
    """How far predicted over observed may be from 1, as the logarithm of the ratio (regression: the bias in standard
    deviations), where the champion is not about as far off on the same rows."""
    max_prediction_psi: float = Field(default=1.0, gt=0)
    """How far predictions may move from the champion's on the same rows, unless the head is shown to be better. While a
    head has few rows to learn from, honest candidates move by half of it."""
    max_latency_ratio: float = Field(default=1.5, gt=1)
    """Time of a request over the champion's, measured in turns on the same machine."""
