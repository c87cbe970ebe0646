"""What products in bfloat16 cost in quality: the same seeds in both precisions on a simulated log.

    python -m benchmarks.precision

Losses of the test window in units of the base rate's, by seed, and the mean difference beside the spread of the seeds.
"""

import io
import statistics
import tempfile
from pathlib import Path

from rich.console import Console

from training.config import Config, read_settings, validated
from training.data.batches import sampled
from training.history import History
from training.pipeline import Prepared, fit, prepare
from training.simulation import SimulationConfig, simulate
from training.validation import Validator

SEEDS = 5
EXAMPLE = Path(__file__).parent.parent / "examples" / "simulated.toml"
WORLD = SimulationConfig(days=8, impressions_per_day=15_000, num_users=2_000, num_items=500)
QUIET = Console(file=io.StringIO())


def configuration(folder: Path, seed: int, precision: str) -> Config:
    settings = read_settings(EXAMPLE)
    settings["data"]["path"] = str(folder)
    settings["training"] |= {"seed": seed, "precision": precision, "max_epochs": 1, "batch_size": 1_024}
    return validated(settings, str(EXAMPLE))


def losses(prepared: Prepared) -> dict[str, float]:
    found = fit(prepared, QUIET)
    window = prepared.windows.test
    rows = sampled(prepared.reader, prepared.data.encoder, window, window.num_rows)
    return Validator(found.predictor.network, rows, 4_096).validate(History()).losses


def main() -> None:
    measured: dict[str, list[dict[str, float]]] = {"float32": [], "bfloat16": []}
    with tempfile.TemporaryDirectory() as folder:
        simulate(WORLD, Path(folder))
        for seed in range(SEEDS):
            for precision, found in measured.items():
                found.append(losses(prepare(configuration(Path(folder), seed, precision), QUIET)))
                print(f"seed {seed}, {precision}: {found[-1]}", flush=True)
    print("| task | float32 | bfloat16 | mean difference | spread of the seeds in float32 |\n|---|---|---|---|---|")
    for task in measured["float32"][0]:
        exact, rough = ([each[task] for each in found] for found in measured.values())
        difference = statistics.mean(b - a for a, b in zip(exact, rough, strict=True))
        means = f"{statistics.mean(exact):.4f} | {statistics.mean(rough):.4f}"
        print(f"| {task} | {means} | {difference:+.4f} | {statistics.stdev(exact):.4f} |")


if __name__ == "__main__":
    main()
