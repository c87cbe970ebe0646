"""Predicted totals have to be about the observed ones."""

import math

from training.retraining.gates.config import GatesConfig
from training.retraining.gates.heads import Head
from training.retraining.observation import Observation


def calibration_gate(head: Head, config: GatesConfig) -> Observation:
    """Held where the level is shown to be off by more than the limit, and clearly more than the champion's.

    Rates move from day to day, and then every model is off on the newest rows: holding the candidate would leave one
    that is off as far. Observed is how far off the level is at the least.
    """
    limit, found, before = config.max_miscalibration, head.level, head.champion_level
    if found is None:
        return Observation.passing("calibration", head.task.name, limit, head.too_few or "no positive label to sum up")
    is_off = found.least_size > limit
    is_worse = before is None or abs(found.value) > abs(before) + limit / 2
    kind = head.task.kind
    reason = f"{_shown(kind, found.value)} on {len(head.rows):,} rows"
    reason += "" if before is None else f" (the champion's {_shown(kind, before)})"
    reason += f"; off by {found.least_size:.3f} for sure, at most {limit:.3f} is allowed"
    if is_off and not is_worse:
        reason += ": off, but the champion is about as far off"
    return Observation.of("calibration", head.task.name, found.least_size, limit, not (is_off and is_worse), reason)


def _shown(kind: str, level: float) -> str:
    if kind == "regression":
        return f"bias {level:+.3f} standard deviations"
    return f"predicted over observed {math.exp(level):.3f}"
