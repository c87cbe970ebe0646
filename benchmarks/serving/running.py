"""A server on the server's core."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from benchmarks.commands import ONE_THREAD
from benchmarks.served import Served
from benchmarks.serving.system import System

ROOT = Path(__file__).parent.parent.parent
SERVER_CORE, CLIENT_CORE = 0, 1


class Running(Served):
    """A server that answers with one thread on one core, until the block ends.

    Args:
        command: of the port, makes the words that start it.
        probe: a request that it answers with 200 once it is ready.
        log: a file that takes what it writes.
        environment: beside ours.
    """

    def __init__(
        self, command: Callable[[int], Sequence[str]], probe: bytes, log: Path, environment: Mapping[str, str]
    ) -> None:
        told = {"PYTHONPATH": str(ROOT), **ONE_THREAD, **environment}
        super().__init__(lambda port: ["taskset", "--cpu-list", str(SERVER_CORE), *command(port)], probe, log, told)

    def __enter__(self) -> Self:
        super().__enter__()
        self.tree.pin(SERVER_CORE)
        return self


def started(system: System, checkpoint: Path, probe: bytes, folder: Path) -> Running:
    """The server of a system; what it writes goes into a file of the folder."""
    log = folder / f"{len(list(folder.iterdir()))}.log"
    return Running(lambda port: system.command(checkpoint, port), probe, log, system.environment(checkpoint))
