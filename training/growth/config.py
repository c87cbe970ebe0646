"""What a version keeps for the runs that will grow from it, and how long an id is held."""

import re

from pydantic import Field

from models.frozen import Frozen

_DAYS = re.compile(r"^([1-9]\d{0,3})d$")


class GrowthConfig(Frozen):
    """The section [training.growth]: what `threefold train --from` finds in the next run's parent (docs/growth.md)."""

    evict_after: str | None = Field(default=None, pattern=_DAYS.pattern)
    """Such as "30d": a run with `--from` drops ids that no row has had for longer than this, in days of the log and up
    to the newest one of its training window, with their rows of the table and what optimizers know of them. Left out,
    none is dropped."""
    keep_optimizer_state: bool = True
    """Store what the optimizers have gathered, so that the next run goes on with it. Without it, its first steps move
    an old id as far as a new one. Row-wise AdaGrad needs a number for each row of the table, sparse Adam twice the
    table."""

    @property
    def evict_after_days(self) -> int | None:
        """Days that an id may be unseen; None where it may forever."""
        match = _DAYS.match(self.evict_after or "")
        return int(match.group(1)) if match else None
