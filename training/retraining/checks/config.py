"""What new rows may be like, before anything is trained on them."""

from typing import Self

from pydantic import Field, model_validator

from models.errors import ConfigError
from models.frozen import Frozen

NEVER = "never"


class ChecksConfig(Frozen):
    """The section [retrain.checks]: when new rows are refused.

    The limits hold what is broken and let an ordinary day pass, weekends and a hundred features included
    (docs/gates.md has the reasons).
    """

    max_rows: int = Field(default=100_000, ge=1_000)
    """Evenly spaced rows that features are looked at in; partitions, labels and copies are told from all rows."""
    min_rows: int = Field(default=1_000, ge=1)
    """With fewer rows shares say too little: such checks pass and say so. What is missing, `min_volume` tells."""
    min_volume: float = Field(default=0.65, ge=0, lt=1)
    """Rows of a partition, at least, over the median of earlier ones (of the same weekday, where there are two). Lies
    between half the rows and an ordinary day, at equal ratios from both."""
    max_volume: float = Field(default=1.6, gt=1)
    """Rows of a partition, at most, over the same median: what was loaded twice has twice the rows."""
    max_age: str = Field(default="3d", pattern=r"^([1-9]\d{0,3}[dh]|never)$")
    """The newest row is at most this old, such as "36h" or "3d"; "never" for logs of long ago. Two days late happen."""
    max_copied: float = Field(default=0.5, gt=0, lt=1)
    """Share of a partition's rows, at most, that an earlier partition has, too, on the same time of day. Half of what
    is usual for the log is added: a coarse clock makes rows alike."""
    max_null_rise: float = Field(default=0.1, gt=0, le=1)
    """By how much the share of rows without a value, of a feature or a label, may be above what was usual. With 1,000
    rows chance makes 0.016 (one standard error) at the most."""
    max_unknown_rise: float = Field(default=0.2, gt=0, le=1)
    """By how much the share of values that the champion does not know may be above what is to be expected of its age:
    each day it knows the usual share less. Another spelling of ids makes all of them unknown."""
    max_psi: float = Field(default=0.5, gt=0)
    """How far a feature may move from the champion's training window (PSI less what chance shows). An honest day of
    KuaiRand moved one by 0.26; a partner that nobody announced, and half of a day's files, by more than 2."""
    max_psi_of_usual: float = Field(default=3.0, ge=1)
    """A feature that moves anyway may move so many times as far as the champion's own later rows had: a weekday is
    another one each day, and ids come and go; times its age in days. The larger of the two limits counts."""
    max_label_change: float = Field(default=0.25, gt=0)
    """How far a label's rate or mean may be from that of earlier partitions, as a share of it (of the label's standard
    deviation for a regression)."""
    max_label_deviations: float = Field(default=4.0, gt=0)
    """The same in standard deviations from day to day, chance included; the larger of the two limits counts."""
    max_information_rise: float = Field(default=0.2, gt=0, le=1)
    """By how much the share of a label's entropy that one feature alone tells may be above what was usual: a feature
    that was filled in after the fact tells nearly all of it. Honest ones change by a few hundredths."""
    max_champion_loss: float = Field(default=0.5, gt=0)
    """Share of what the champion knew beyond the base rate that it may lose on the new rows. Flipped labels make it
    worse than the base rate; a week of age costs it a few hundredths. A champion of more than a week may lose as many
    times as much."""

    @model_validator(mode="after")
    def _room_for_usual(self) -> Self:
        if self.max_rows < self.min_rows:
            raise ConfigError(
                f"checks of shares need `min_rows` of the rows looked at; found max_rows = {self.max_rows:,} below "
                f"min_rows = {self.min_rows:,}: raise max_rows"
            )
        return self
