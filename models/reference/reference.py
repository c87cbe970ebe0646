"""Distributions of features, labels and predictions, as a version was trained and measured on them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from models.frozen import Frozen


class _FeatureReference(Frozen):
    """What all features have.

    Shares are of the values that are there; what is missing counts apart. *Usual* is what the rows after the training
    window, those of the validation and the test window, showed against it: ids come and go, and a weekday is another
    one each day, so a check allows what was usual.
    """

    rows: int
    """Rows that were looked at."""
    shares: tuple[float, ...]
    """Of each bin, [bins]."""
    missing: float
    """Share of rows without a value, or with an empty list."""
    usual_missing: float
    """The same in the rows after the training window."""
    usual_psi: float
    """How far the rows after the training window had moved, less what chance alone shows."""
    usual_information: dict[str, float]
    """By binary task, the share of its label's entropy that this feature alone explains."""


class NumericReference(_FeatureReference):
    """A number, in bins of about equal weight."""

    kind: Literal["numeric"] = "numeric"
    edges: tuple[float, ...]
    """Inner edges of the bins, as the log has the values, [bins - 1]."""


class CategoricalReference(_FeatureReference):
    """Categories of a row or of the lists of a row: the frequent ones, and all others together."""

    kind: Literal["categorical"] = "categorical"
    top: tuple[str, ...]
    """Frequent categories, the most frequent first; the bins are these and the others."""
    usual_unknown: float
    """Share of values that the encoder does not know, in the rows after the training window."""

    @property
    def other(self) -> float:
        """Share of the values that are no frequent category."""
        return self.shares[-1]


FeatureReference = Annotated[NumericReference | CategoricalReference, Field(discriminator="kind")]


class TaskReference(Frozen):
    """A label."""

    observed: float
    """Share of the rows in which the label counts."""
    mean: float
    """Of the rows in which it counts: the label rate of a binary task, seconds of a duration."""
    mean_by_partition: dict[str, float]
    """The same by partition, where the label counts in enough rows to have a mean."""
    loss: float | None
    """Of this version on its test window, where always predicting the base rate or the mean costs about 1."""


class PredictionReference(Frozen):
    """A field of the answer, on the test window."""

    rows: int
    """Rows that were predicted."""
    edges: tuple[float, ...]
    """Inner edges of bins of about equal weight, none of them very narrow, [bins - 1]."""
    shares: tuple[float, ...]
    """Of each bin, [bins]."""
    mean: float
    """Of all rows."""


class Reference(Frozen):
    """What a version knows of the rows that it was made of."""

    rows: int
    """Of the training window."""
    newest: datetime
    """Time of the newest row of all windows."""
    rows_by_partition: dict[str, int]
    """Of all windows, and of those of the version that this one was trained on from; the newest ones. A partition is a
    value of the partition column, or a day (UTC)."""
    fingerprints: dict[str, tuple[int, ...]]
    """By partition, a sketch of its rows that tells a copy (training/profiling/fingerprint.py)."""
    features: dict[str, FeatureReference]
    """By feature."""
    tasks: dict[str, TaskReference]
    """By task."""
    predictions: dict[str, PredictionReference]
    """By field of the answer."""
