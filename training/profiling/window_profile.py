"""New rows as they look beside a reference."""

from datetime import datetime

from pydantic import Field

from models.frozen import Frozen


class FeatureProfile(Frozen):
    """A feature of new rows, in the bins of the reference."""

    missing: float
    """Share of rows without a value, or with an empty list."""
    counts: tuple[int, ...] | None = None
    """Values in each bin, [bins]; None where there is no reference."""
    unknown: float | None = None
    """Share of values that the champion's encoder does not know; None where there are none to know."""
    information: dict[str, float]
    """By binary task, the share of its label's entropy that this feature alone explains."""


class LabelProfile(Frozen):
    """A label of new rows."""

    kind: str
    """Of the task."""
    observed_when: str | None
    """The task whose label has to be positive for this one to count."""
    rows: int
    """In which the label counts."""
    observed: float
    """The same as a share of all rows."""
    mean: float | None
    """Of these rows; None where there are none."""
    deviation: float | None
    """Standard deviation of these rows."""


class PartitionProfile(Frozen):
    """One partition of new rows."""

    rows: int
    newest: datetime
    """Time of its newest row."""
    fingerprint: tuple[int, ...]
    """A sketch of its rows (training/profiling/fingerprint.py)."""


class WindowProfile(Frozen):
    """New rows."""

    refused: str | None = None
    """Why the log cannot be read as the configuration says; nothing else is known then."""
    rows: int = 0
    """In the window."""
    sampled_rows: int = 0
    """That features were looked at in."""
    partitions: dict[str, PartitionProfile] = Field(default_factory=dict)
    """By value of the partition column, or by day (UTC)."""
    features: dict[str, FeatureProfile] = Field(default_factory=dict)
    """By feature."""
    labels: dict[str, LabelProfile] = Field(default_factory=dict)
    """By task."""
