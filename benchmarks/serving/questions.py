"""What clients ask: one context and its candidates, with ids as frequent as in the log and a few that are new."""

from dataclasses import dataclass

import numpy as np

from benchmarks.serving.world import ALL_SIZES, SIZES, spelt

NEW_IDS = 0.03
Value = str | int
Row = dict[str, Value]


@dataclass(frozen=True)
class Question:
    """One request.

    Attributes:
        context: values of all context features.
        candidates: values of all candidate features, of each row.
    """

    context: Row
    candidates: list[Row]

    @property
    def rows(self) -> list[Row]:
        """Plain rows, the context in each of them."""
        return [{**self.context, **candidate} for candidate in self.candidates]

    def columns(self) -> dict[str, list[Value]]:
        """The candidates as columns."""
        return {name: [row[name] for row in self.candidates] for name in SIZES["candidate"]}

    def all_columns(self) -> dict[str, list[Value]]:
        """Plain rows as columns."""
        return {name: [row[name] for row in self.rows] for name in ALL_SIZES}


def questions(number: int, rows: int, seed: int = 1) -> list[Question]:
    """So many requests of so many candidates each."""
    random = np.random.default_rng(seed)
    return [_question(random, rows) for _ in range(number)]


def _question(random: np.random.Generator, rows: int) -> Question:
    drawn = {
        name: [spelt(name, number) for number in _numbers(random, size, 1 if name in SIZES["context"] else rows)]
        for name, size in ALL_SIZES.items()
    }
    context = {name: drawn[name][0] for name in SIZES["context"]}
    return Question(context, [{name: drawn[name][row] for name in SIZES["candidate"]} for row in range(rows)])


def _numbers(random: np.random.Generator, size: int, rows: int) -> list[int]:
    numbers = np.exp(random.random(rows) * np.log(size)).astype(np.int64) - 1
    is_new = random.random(rows) < NEW_IDS
    return (numbers + is_new * size).tolist()
