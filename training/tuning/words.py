"""Numbers of a search for people."""

import json
from collections.abc import Sequence
from typing import Any

from training.tuning.record import TrialRecord, winner

_LONGEST = 60


def value_words(value: Any) -> str:
    """A setting's value in one line."""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def gain_words(records: list[TrialRecord]) -> str:
    """By how much the best trial beats the given configuration, and what that number is worth."""
    best = winner(records)
    if best is None:
        return "No trial was trained to its end."
    if best.number == 0:
        return (
            f"The given configuration is the best of {len(records)} trials, with a validation loss of {best.score:.4f}."
        )
    given = records[0].score
    assert best.score is not None
    if given is None:
        return f"Validation loss {best.score:.4f}, the lowest of {len(records)} trials; the given configuration failed."
    return (
        f"Validation loss {best.score:.4f} against {given:.4f} of the given configuration, "
        f"{1 - best.score / given:.2%} lower. This is optimistic: it is the best of {len(records)} trials on the same "
        f"validation rows. The test window was not looked at: threefold train and threefold compare measure on it."
    )


def state_words(record: TrialRecord) -> str:
    """How a trial ended."""
    if record.same_as is not None:
        return f"{record.state}, the same as trial {record.same_as}"
    if record.number == 0 and record.state == "finished":
        return "given"
    return record.state


def counts(records: Sequence[TrialRecord]) -> str:
    """How many trials ended how."""
    number = {state: sum(each.state == state for each in records) for state in ("finished", "pruned", "failed")}
    return ", ".join(f"{count} {state}" for state, count in number.items() if count)
