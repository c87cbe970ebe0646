"""What goes to a peer's process and what comes back: NumPy arrays and JSON in a folder, never a pickle.

Peers live in a virtual environment of their own, so that nothing they need can reach the project's. Their side is
`benchmarks.quality.peers.arrays`.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.coding import Coded
from benchmarks.quality.rows import Rows
from benchmarks.quality.trees import Matrix

ROOT = Path(__file__).parent.parent.parent
ARRAYS, DESCRIPTION, ANSWER, REPORT = "arrays.npz", "description.json", "answer.npz", "report.json"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}


@dataclass(frozen=True)
class Answer:
    """What a peer says.

    Attributes:
        predictions: by task, probabilities or log(1 + seconds) of validation and test rows, in their order.
        report: seconds, versions, settings and notes.
    """

    predictions: dict[str, NDArray[np.float64]]
    report: dict[str, Any]


def write_arrays(folder: Path, rows: Rows, data: Coded, matrices: dict[str, Matrix]) -> None:
    """Write everything that any peer reads."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[Any]] = {"targets": rows.targets().astype(np.float32)}
    arrays["ids"] = np.stack(list(data.ids.values()), axis=1).astype(np.int32)
    arrays |= {f"list {name}": lists.astype(np.int32) for name, lists in data.lists.items()}
    arrays |= {f"matrix {name}": found.values for name, found in matrices.items()}
    np.savez(folder / ARRAYS, allow_pickle=False, **arrays)
    description = {
        "ids": [{"name": name, "size": data.sizes[name]} for name in data.ids],
        "lists": [
            {
                "name": name,
                "size": data.sizes[data.shares.get(name, name)],
                "length": lists.shape[1],
                "shares": data.shares.get(name),
            }
            for name, lists in data.lists.items()
        ],
        "tasks": [{"name": name, "kind": kind} for name, kind in rows.kinds.items()],
        "ends": rows.ends,
        "matrices": {
            name: {"names": found.names, "categorical": found.categorical, "by_task": found.by_task}
            for name, found in matrices.items()
        },
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1), encoding="utf-8")


def ask(python: Path, module: str, arguments: Sequence[str], arrays: Path, answers: Path, seed: int) -> Answer:
    """Train and predict in a process of its own, on one thread.

    Raises:
        RuntimeError: the process failed; its last lines are named.
    """
    answers.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-m", f"benchmarks.quality.peers.{module}", str(arrays.resolve()), str(answers.resolve())]
    log = answers / "log.txt"
    with log.open("w", encoding="utf-8") as lines:
        found = subprocess.run(
            [*command, str(seed), *arguments],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD, "CUDA_VISIBLE_DEVICES": ""},
            stdout=lines,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if found.returncode:
        last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise RuntimeError(f"{module} ended with {found.returncode}; its last lines:\n{last}")
    with np.load(answers / ANSWER, allow_pickle=False) as stored:
        predictions = {task: stored[task].astype(np.float64) for task in stored.files}
    return Answer(predictions, json.loads((answers / REPORT).read_text(encoding="utf-8")))
