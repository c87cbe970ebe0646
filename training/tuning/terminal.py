"""A search in the terminal: a line a trial, and what came of it."""

from rich.console import Console

from training.comparison.words import duration_words
from training.say import say
from training.tuning.record import TrialRecord
from training.tuning.settings import parts_of
from training.tuning.words import gain_words, state_words, value_words


def tell_trial(console: Console, record: TrialRecord, num_trials: int) -> None:
    """One trial that ended."""
    score = "" if record.score is None else f" · validation {record.score:.4f}"
    spent = "" if record.same_as is not None else f" · {duration_words(record.seconds)}"
    values = " ".join(f"{'.'.join(parts_of(path)[-2:])}={value_words(value)}" for path, value in record.values.items())
    say(console, f"{record.number + 1}/{num_trials}  {state_words(record)}{score}{spent}  {values}".rstrip())
    if record.state == "failed":
        say(console, f"  failed: {record.reason}")


def tell_end(console: Console, records: list[TrialRecord]) -> None:
    """What the search found."""
    say(console, gain_words(records))
