"""Requests of one row each by more and more clients at once: what predicting them together brings."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.asked import Oracle
from benchmarks.serving.extent import Extent
from benchmarks.serving.running import started
from benchmarks.serving.system import SPLIT_ROWS, ours
from benchmarks.serving.turn import Turn, turn

CLIENTS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class Batched:
    """So many clients.

    Attributes:
        clients: at once.
        turn: what was measured.
    """

    clients: int
    turn: Turn


def measured_batching(checkpoint: Path, oracle: Oracle, extent: Extent) -> list[Batched]:
    """All numbers of clients, one after the other, on one server."""
    messages = oracle.asked(1).messages(SPLIT_ROWS)
    found = []
    with (
        tempfile.TemporaryDirectory() as folder,
        started(ours("float32", [SPLIT_ROWS]), checkpoint, messages[0], Path(folder)) as running,
    ):
        for clients in CLIENTS:
            found.append(Batched(clients, turn(running, messages, extent.batching_seconds, clients)))
            print(f"{clients} clients: {found[-1].turn.rate:,.0f} requests/s", flush=True)
    return found
