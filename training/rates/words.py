"""What a sweep says, in words."""

from training.rates.proposal import is_whole, kills
from training.rates.sweep import Sweep
from training.telemetry.alarms.dead_units import LIMIT as ALARM_SHARE


def rate_text(rate: float) -> str:
    """A rate as one writes it: 0.03, 2.4e-05."""
    return f"{rate:.6g}"


def verdict_words(sweep: Sweep) -> str:
    """What became of a rate, in a few words for a table or a comment."""
    return {
        "found": "found: rates beside it do worse",
        "edge": "the best that was tried; nothing beyond it was",
        "flat": "stays: no rate that was tried did better",
        "broken": "stays: no rate that was tried left the network whole",
        "unjudged": "stays: the validation rows that were looked at hold no label of this task",
    }[sweep.proposal.verdict]


def sweep_sentence(sweep: Sweep) -> str:
    """The evidence for a proposal."""
    whole = [point for point in sweep.staying if is_whole(point)]
    dead = [point for point in [*sweep.staying, *sweep.rising] if kills(point)]
    parts = [f"{verdict_words(sweep)[:1].upper()}{verdict_words(sweep)[1:]}."]
    if sweep.proposal.verdict in ("found", "edge") and whole:
        best, worst = (pick(whole, key=lambda point: point.loss or 0.0) for pick in (min, max))
        parts.append(
            f"Best of {len(sweep.staying)} rates in the short runs: {rate_text_short(best.rate)} with a loss of "
            f"{best.loss:.4f} of the start's, against {worst.loss:.4f} at {rate_text_short(worst.rate)}."
        )
    if sweep.proposal.rate < sweep.proposal.short_run_rate:
        parts.append(
            f"For the length of the training {rate_text_short(sweep.proposal.short_run_rate)} became "
            f"{rate_text_short(sweep.proposal.rate)}."
        )
    if dead:
        lowest = min(point.rate for point in dead)
        parts.append(f"From {rate_text_short(lowest)} on more than {ALARM_SHARE:.0%} of the hidden units died.")
    return " ".join(parts)


def rate_text_short(rate: float) -> str:
    """A rate in a sentence: two digits tell enough."""
    return f"{rate:.2g}"
