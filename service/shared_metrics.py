"""Metrics of several processes: each maps a file of its own in one folder, and a scrape of any of them sums all up.

A worker's files are named by its number and not by its process id, so that the one that takes its place counts on from
where it stopped: no counter ever falls, and there are never more files than workers.
"""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def write_as(process: str, folder: Path) -> None:
    """Write the metrics that are made from now on into the folder, under the name of this process."""
    os.environ[_VARIABLE] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: process)  # type: ignore[no-untyped-call]


def are_shared() -> bool:
    """Whether metrics are written into the folder of several processes."""
    return _VARIABLE in os.environ


def summed(folder: Path) -> CollectorRegistry:
    """The metrics of all processes that write into the folder, each summed up in its own way."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
    return registry


def forget_gauges(process: str, folder: Path) -> None:
    """Take what a dead process held, which is nothing any more, out of the sums; what it counted stays."""
    mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]
