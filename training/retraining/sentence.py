"""A decision in one sentence, for the registry's history and whoever reads it."""

from collections.abc import Sequence

from training.retraining.observation import Observation, failed
from training.retraining.outcome import Measure
from training.retraining.plan import Plan

LOSSES = {"normalised_entropy": "normalised entropy", "deviance": "deviance", "rmse": "RMSE"}
"""Measures that a sentence names, with their words: of each head the first that it has."""
_MOST_NAMED = 8


def promoted_because(plan: Plan, measures: Sequence[Measure], num_passed: int) -> str:
    """Of a candidate that passed."""
    against = f", {plan.champion} before" if plan.champion else ""
    compared = ", ".join(_compared(measures)) or "no head could be measured"
    return f"passed {num_passed} checks and gates on {between(plan.test)}{against}: {compared}"


def held_because(observations: Sequence[Observation]) -> str:
    """Of a candidate, or of rows, that did not pass."""
    first, *others = failed(observations)
    named = ", ".join(each.label for each in others[:_MOST_NAMED])
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    return f"{first.label}: {first.reason}" + (f"; also {named}{more}" if others else "")


def between(values: Sequence[str]) -> str:
    """Partitions, by the first and the last."""
    return values[0] if len(values) == 1 else f"{values[0]} to {values[-1]}"


def _compared(measures: Sequence[Measure]) -> list[str]:
    found = []
    for task in dict.fromkeys(each.task for each in measures):
        of_task = {each.metric: each for each in measures if each.task == task}
        named = next((of_task[metric] for metric in LOSSES if metric in of_task), None)
        if named is not None and named.candidate is not None:
            before = "" if named.champion is None else f" after {named.champion:.4f}"
            found.append(f"{task} {LOSSES[named.metric]} {named.candidate:.4f}{before}")
    return found
