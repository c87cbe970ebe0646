"""The candidate may not take much longer to answer than the champion."""

from time import perf_counter

from models.columns import Columns
from models.predictor import Predictor
from training.retraining.gates.config import GatesConfig
from training.retraining.gates.judged import Judged
from training.retraining.observation import Observation

NUM_TURNS = 60
SMALLEST_MS = 1.0
"""A champion that is quicker counts as this quick: below, a ratio is about the clock and not about the models."""


def latencies_ms(predictors: list[Predictor], columns: Columns, num_rows: int) -> list[float]:
    """Milliseconds that each model takes for the same rows, at its best.

    Models take turns, the first one last in every other of them, so what else the machine does meets all of them alike;
    the shortest of many turns is the one that nothing disturbed.

    Args:
        predictors: the models.
        columns: typed columns of a request's rows.
        num_rows: of them.
    """
    best = [float("inf")] * len(predictors)
    order = list(enumerate(predictors))
    for _ in range(NUM_TURNS):
        for position, predictor in order:
            start = perf_counter()
            predictor.predict(columns, num_rows)
            best[position] = min(best[position], 1_000 * (perf_counter() - start))
        order.reverse()
    return best


def latency_gate(candidate: Judged, champion: Judged | None, config: GatesConfig) -> Observation:
    """Held where the ratio of the two is above the limit."""
    limit = config.max_latency_ratio
    if champion is None or champion.latency_ms is None or candidate.latency_ms is None:
        return Observation.passing("latency", None, limit, "no time of a champion to compare")
    ratio = candidate.latency_ms / max(champion.latency_ms, SMALLEST_MS)
    reason = (
        f"{candidate.latency_ms:.2f} ms for a request against the champion's {champion.latency_ms:.2f} ms: "
        f"{ratio:.2f} times as long, allowed is {limit:.2f}"
    )
    return Observation.of("latency", None, ratio, limit, ratio <= limit, reason)
