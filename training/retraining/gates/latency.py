"""The candidate may not take much longer to answer than the champion."""

from collections.abc import Callable, Sequence
from time import thread_time

import torch

from training.retraining.gates.config import GatesConfig
from training.retraining.gates.judged import Judged
from training.retraining.observation import Observation

NUM_TURNS = 60
SMALLEST_MS = 1.0
"""A champion that is quicker counts as this quick: below, a ratio is about the clock and not about the models."""


def latencies_ms(answers: Sequence[Callable[[], object]]) -> list[float]:
    """Milliseconds of processor time that each model takes for a request, at its best, on one thread.

    Models take turns, the first one last in every other of them, so what else the machine does meets all of them alike;
    the shortest of many turns is the one that nothing disturbed. What waits for a processor is not counted: nightly
    jobs run side by side, and a wait of the candidate's says nothing about it.

    Args:
        answers: of each model, answers the request.
    """
    best = [float("inf")] * len(answers)
    order = list(enumerate(answers))
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # others' time would not be counted
    try:
        for _ in range(NUM_TURNS):
            for position, answer in order:
                start = thread_time()
                answer()
                best[position] = min(best[position], 1_000 * (thread_time() - start))
            order.reverse()
    finally:
        torch.set_num_threads(num_threads)
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
