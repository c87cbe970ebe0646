"""What an exit code of `threefold retrain` says (docs/retraining.md)."""

import signal
from typing import Literal

Outcome = Literal["promoted", "held", "nothing_new", "running", "refused", "failed", "killed"]

BY_CODE: dict[int, tuple[Outcome, str]] = {
    0: ("promoted", "a new champion was promoted"),
    1: ("failed", "it failed; its own lines say why"),
    2: ("refused", "it was refused for something that you can mend; its own lines say what"),
    10: ("held", "the candidate was held, and the champion stays"),
    11: ("nothing_new", "there was nothing new to train on"),
    12: ("running", "another retrain works in the same folder"),
}
_SUCCESSES: tuple[Outcome, ...] = ("promoted", "held", "nothing_new")


def outcome_of(exit_code: int) -> Outcome:
    """The code in a word; negative codes are signals, and a code that nobody knows is a failure."""
    return "killed" if exit_code < 0 else BY_CODE.get(exit_code, BY_CODE[1])[0]


def words_of(exit_code: int) -> str:
    """The code in a sentence."""
    if exit_code < 0:
        return f"it was ended by signal {-exit_code} ({signal.strsignal(-exit_code) or 'unknown'})"
    return BY_CODE.get(exit_code, BY_CODE[1])[1]


def is_success(outcome: Outcome) -> bool:
    """Whether the run came to a decision."""
    return outcome in _SUCCESSES
