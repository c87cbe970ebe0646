"""Reads what a peer is given and writes what it answers; needs NumPy and nothing else."""

import json
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Given:
    """Arrays of train, validation and test rows, in this order, and what they are.

    Attributes:
        arrays: `ids` [rows, id features], `list NAME` [rows, length], `targets` [rows, tasks], `matrix NAME`.
        description: names, sizes, tasks, and where the three windows end.
        answers: the folder for predictions.
        seed: of everything random.
        arguments: further words of the command line.
    """

    arrays: Any
    description: dict[str, Any]
    answers: Path
    seed: int
    arguments: list[str]

    @property
    def tasks(self) -> list[str]:
        return [task["name"] for task in self.description["tasks"]]

    @property
    def kinds(self) -> list[str]:
        return [task["kind"] for task in self.description["tasks"]]

    @property
    def windows(self) -> tuple[slice, slice, slice]:
        first, second, third = self.description["ends"]
        return slice(0, first), slice(first, second), slice(second, third)

    def columns(self) -> dict[str, Any]:
        """Integer codes by feature, [rows] or [rows, length]."""
        ids = self.arrays["ids"]
        found = {feature["name"]: ids[:, i] for i, feature in enumerate(self.description["ids"])}
        return found | {each["name"]: self.arrays[f"list {each['name']}"] for each in self.description["lists"]}


def given() -> Given:
    """What the command line names: folder of arrays, folder of answers, seed, and more."""
    arrays, answers, seed, *more = sys.argv[1:]
    description = json.loads((Path(arrays) / "description.json").read_text(encoding="utf-8"))
    with np.load(Path(arrays) / "arrays.npz", allow_pickle=False) as stored:
        wanted = [name for name in stored.files if not name.startswith("matrix ") or name[7:] in more]
        read = {name: stored[name] for name in wanted}
    return Given(read, description, Path(answers), int(seed), more)


def answer(
    told: Given, predictions: Any, started: float, libraries: list[str], settings: dict[str, Any], notes: list[str]
) -> None:
    """Write predictions of validation and test rows, [rows, tasks], and the report.

    The processor's seconds are those of the whole process: what it took to import the library is among them.
    """
    report = {
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time(),
        "versions": {name: version(name) for name in libraries},
        "settings": settings,
        "notes": notes,
    }
    np.savez(
        told.answers / "answer.npz", allow_pickle=False, **{t: predictions[:, i] for i, t in enumerate(told.tasks)}
    )
    (told.answers / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
