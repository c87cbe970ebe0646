"""What is trained: one data set, two networks."""

from dataclasses import dataclass

BATCH, THREADS, DIM, TOWER, NUM_EXPERTS = 4_096, 2, 16, 64, 4
TASKS = ("click", "like")
SIZES = {
    **{f"id_{n}": 600_000 for n in range(2)},
    **{f"entity_{n}": 150_000 for n in range(4)},
    **{f"group_{n}": 20_000 for n in range(8)},
    **{f"kind_{n}": 2_500 for n in range(16)},
}
"""Distinct ids of each of the 30 features: two million in all."""
SETTINGS = {"embedding-heavy": (64,), "compute-heavy": (256, 128)}
"""Hidden layers of each of the four experts."""


@dataclass(frozen=True)
class Extent:
    """How much of it: rows of the three windows, and steps that are timed in each round.

    Attributes:
        warm_up: steps before the first one that is timed.
        window: steps that make one rate.
        windows: rates of a system in a round.
    """

    train: int
    validation: int
    test: int
    warm_up: int
    window: int
    windows: int
    rounds: int

    @property
    def steps(self) -> int:
        """Steps of a system that is stopped when it has been timed."""
        return self.warm_up + self.window * self.windows


WHOLE = Extent(train=1_228_800, validation=50_000, test=200_000, warm_up=10, window=20, windows=3, rounds=3)
QUICK = Extent(train=81_920, validation=4_096, test=8_192, warm_up=3, window=4, windows=2, rounds=1)
"""For tries: too few rows for all ids, so our table is smaller than it would be, and the rates mean nothing."""
