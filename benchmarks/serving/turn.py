"""A turn of a running server: some seconds of requests by one client, and what they cost the server."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.serving.forms import Form, Values
from benchmarks.serving.http_client import Answer
from benchmarks.serving.load import OK, Load, waiting_clients
from benchmarks.serving.process_tree import ProcessTree
from benchmarks.serving.running import SERVER_CORE, Running

WARM_SECONDS = 0.3


class WrongAnswerError(RuntimeError):
    """A server answers something else than the training network."""


@dataclass(frozen=True)
class Turn:
    """What was measured.

    Attributes:
        cpu: seconds of processor time of the whole tree of the server, a request.
        p50, p99: of the latency, in seconds.
        rate: requests a second.
        client_share: of a core, that the client was busy.
    """

    cpu: float
    p50: float
    p99: float
    rate: float
    client_share: float


def turn(running: Running, messages: Sequence[bytes], seconds: float, clients: int = 1) -> Turn:
    """One turn.

    Raises:
        WrongAnswerError: an answer was no 200.
    """
    running.tree.pin(SERVER_CORE)
    asyncio.run(waiting_clients(running.port, messages, clients, WARM_SECONDS))
    load, cpu = asyncio.run(_measured(running.tree, running.port, messages, clients, seconds))
    bad = [status for status in load.statuses if status != OK]
    if bad or not load.statuses:
        raise WrongAnswerError(f"{len(bad)} of {len(load.statuses)} answers were not 200, the first one {bad[:1]}")
    p50, p99 = np.percentile(load.times(), [50, 99])
    return Turn(cpu / len(load.statuses), float(p50), float(p99), load.rate, load.client_cpu / load.seconds)


async def _measured(
    tree: ProcessTree, port: int, messages: Sequence[bytes], clients: int, seconds: float
) -> tuple[Load, float]:
    before = tree.cpu_seconds()
    load = await waiting_clients(port, messages, clients, seconds)
    return load, tree.cpu_seconds() - before


def deviation(answer: Answer, form: Form, fields: tuple[str, ...], expected: Values) -> float:
    """The largest relative difference from what is expected, [rows, fields].

    Raises:
        WrongAnswerError: it is no answer of this form.
    """
    try:
        found = form.decode(answer, fields)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise WrongAnswerError(f"status {answer.status}, {answer.body[:200]!r}: {error}") from error
    if found.shape != expected.shape:
        raise WrongAnswerError(f"{found.shape} values for {expected.shape}")
    return float((np.abs(found - expected) / (np.abs(expected) + 1e-6)).max())
