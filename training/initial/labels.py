"""Which columns may be predicted: outcomes that are 0 or 1, times spent, and amounts that came in."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.initial.column import ColumnProfile

_LABEL_WORDS = re.compile(
    r"click|view|conver|purchas|order|install|like|hate|share|forward|follow|comment|enter|signup|label|bought", re.I
)
_DURATION_WORDS = re.compile(r"dwell|play_?time|watch_?time|view_?time|time_?spent|stay", re.I)
_VALUE_WORDS = re.compile(
    r"revenue|gmv|spend|spent|turnover|(order|basket|purchase|conversion|conv)_?(value|amount)", re.I
)
_MOSTLY_NOTHING = 0.5
"""Share of zeros from which on an amount is an outcome: a price has none."""
_YES_OR_NO = {"0", "1", "yes", "no", "y", "n", "true", "false", "t", "f"}


@dataclass(frozen=True)
class LabelGuess:
    """A column that may be predicted."""

    column: ColumnProfile
    kind: Literal["binary", "duration", "value"]
    why: str

    @property
    def mean(self) -> float:
        """Mean of the label where there is one."""
        return float(np.nanmean(self.column.numbers))

    @property
    def unit(self) -> Literal["ms", "s"]:
        """Unit of a duration, from the name and the size of its numbers."""
        typical = np.median(self.column.numbers[self.column.numbers > 0])
        return "ms" if self.column.name.lower().endswith("_ms") or typical > 1_000 else "s"


def label(column: ColumnProfile) -> LabelGuess | None:
    """The column as a label; None where it is no outcome."""
    if column.is_zero_or_one and _LABEL_WORDS.search(column.name):
        rate = np.nanmean(column.numbers)
        return LabelGuess(column, "binary", f"0 or 1, and named like an outcome; {rate:.2%} are 1")
    varies = column.is_number and column.num_distinct > 2
    if varies and _DURATION_WORDS.search(column.name) and np.nanmin(column.numbers) >= 0:
        median = np.nanmedian(column.numbers)
        return LabelGuess(column, "duration", f"zero or more, and named like a time spent; median {median:g}")
    if varies and _VALUE_WORDS.search(column.name) and np.nanmin(column.numbers) >= 0:
        nothing = float((column.numbers[~np.isnan(column.numbers)] == 0).mean())
        if nothing >= _MOSTLY_NOTHING:
            return LabelGuess(column, "value", f"zero or more, and named like money that came in; {nothing:.0%} are 0")
    return None


def outcome_as_text(column: ColumnProfile) -> str | None:
    """Why the column is an outcome that training cannot take as a label: it says yes or no in words."""
    if column.is_text and _LABEL_WORDS.search(column.name) and {text.lower() for text in column.texts()} <= _YES_OR_NO:
        return "named like an outcome, but no plain number: write it as 0 and 1 to predict it"
    return None


def always_after(label: LabelGuess, clicked: LabelGuess) -> bool:
    """Whether the label is never above zero without the click, and still varies after one."""
    outcome, click = label.column.numbers, clicked.column.numbers
    after = outcome[(click == 1) & ~np.isnan(outcome)]
    return not (outcome[click == 0] > 0).any() and len(np.unique(after)) > 1
