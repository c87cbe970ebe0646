"""The process that is watched: prepares, trains and measures, and tells on its output what it is at."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.long_log.planted import configuration
from training.pipeline import evaluated, fit, prepare


def main(log: Path) -> None:
    console = Console(stderr=True)
    config = configuration(log)
    seconds = {}
    started = time.monotonic()
    tell(phase="fit and encode")
    prepared = prepare(config, console)
    seconds["prepare"] = time.monotonic() - started
    tell(phase="train")
    trained = fit(prepared, console)
    started = time.monotonic()
    tell(phase="measure")
    finished = evaluated(prepared, trained)
    seconds["measure"] = time.monotonic() - started
    history = trained.history
    tell(
        seconds=seconds | {"train": history.seconds, "waited": history.waited_seconds},
        train_rows=history.num_rows,
        table_rows=prepared.data.encoder.num_rows,
        table_bytes=table_bytes(trained.predictor.network.state_dict()),
        cache_bytes=sum(file.stat().st_size for file in config.data.cache.path.rglob("*") if file.is_file()),
        auc=finished.evaluation.tasks["click"].metrics["auc"],
        normalised_entropy=finished.evaluation.tasks["click"].metrics["normalised_entropy"],
    )


def table_bytes(weights: dict[str, Any]) -> int:
    """Of the packed table and its optimizer's number a row."""
    table = weights["embeddings.table"]
    return int(table.numel() * table.element_size() + len(table) * table.element_size())


def tell(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
