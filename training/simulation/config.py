"""What can be asked of the synthetic world."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from models.frozen import Frozen


class SimulationConfig(Frozen):
    """Size, rates and character of the synthetic world; `docs/simulator.md` has the equations."""

    days: int = Field(default=14, ge=1, le=3_660)
    """Days of logs to write; more days never change earlier ones."""
    start_date: date = date(2026, 1, 1)
    """First day, UTC."""
    impressions_per_day: int = Field(default=100_000, ge=1)
    """Rows of every day, exactly."""
    num_users: int = Field(default=10_000, ge=10)
    """Users on the first day."""
    num_items: int = Field(default=2_000, ge=10)
    """Items on the first day."""
    seed: int = Field(default=0, ge=0)
    """The same seed and settings give identical files."""

    click_rate: float = Field(default=0.04, gt=0, lt=0.5)
    """Mean P(click) on the first day; later days move with drift, new items and new users."""
    conversion_rate: float = Field(default=0.05, gt=0, lt=0.5)
    """Mean P(conversion | click) over clicked impressions of the first day."""
    bounce_share: float = Field(default=0.15, gt=0, lt=0.45)
    """Share of clicks that end within 2 seconds."""
    median_dwell_seconds: float = Field(default=25.0, gt=2)
    """Median dwell of clicked impressions, bounces included."""
    dwell_sigma: float = Field(default=1.0, gt=0, le=2)
    """Standard deviation of log dwell of a reader who stays: the heaviness of the tail."""

    min_candidates: int = Field(default=4, ge=1)
    """Fewest candidates shown in a request (the last request of a chunk may be cut short)."""
    max_candidates: int = Field(default=12, ge=1, le=200)
    """Most candidates shown in a request."""
    ranker_skill: float = Field(default=0.5, ge=0, lt=1)
    """Correlation between the order of a request and the appeal of its items; 0 shows them in random order."""
    history_length: int = Field(default=20, ge=0, le=200)
    """Most clicked items a history holds."""

    taste_dim: int = Field(default=6, ge=1, le=64)
    """Dimensions of the latent tastes."""
    taste_strength: float = Field(default=0.8, ge=0, le=3)
    """Logits of click per standard deviation of taste match; dwell and conversion follow in proportion."""
    drift_per_day: float = Field(default=0.02, ge=0, le=1.5)
    """Radians by which tastes turn each day: after d days they correlate with the first by cos(d * drift_per_day)."""
    new_user_share: float = Field(default=0.02, ge=0, le=1)
    """Users who join each day, as a share of num_users."""
    new_item_share: float = Field(default=0.03, ge=0, le=1)
    """Items published each day, as a share of num_items."""
    missing_share: float = Field(default=0.05, ge=0, lt=1)
    """Share of users without a known age band, of users without a known tenure and of items without a price."""

    @model_validator(mode="after")
    def _candidates_fit(self) -> Self:
        if self.min_candidates > self.max_candidates:
            raise ValueError(
                f"min_candidates must not exceed max_candidates, found {self.min_candidates} > {self.max_candidates}; "
                "lower the one or raise the other"
            )
        if self.num_items < 10 * self.max_candidates:
            raise ValueError(
                f"num_items must be at least 10 * max_candidates, found {self.num_items} < {10 * self.max_candidates}; "
                "raise num_items or lower max_candidates"
            )
        return self
