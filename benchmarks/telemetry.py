"""Are alarms raised where a rate is wrong, and nowhere else, and what does it cost to look?

    python -m benchmarks.telemetry

Planted: one head of the example configuration with a rate 100 times too high; when is the first alarm, and does it
name that head? Healthy: ten whole runs as the example configures them, over seeds and both trunks. Cost: see
benchmarks/telemetry_cost.py.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from benchmarks.results_page import replace_section
from benchmarks.telemetry_cost import cost_table
from training.config import Config, load_config
from training.history import History
from training.pipeline import Prepared, fit, prepare
from training.simulation import SimulationConfig, simulate
from training.telemetry.alarms.starved_task import limit

CONFIG = Path(__file__).parent.parent / "examples" / "simulated.toml"
SEEDS = range(5)
PLANTED_STEPS = 100
TOO_HIGH = 100 * 1e-3
TRUNKS = ("mmoe", "shared_bottom")


def configured(data: Path, trunk: str, seed: int, **training: Any) -> Config:
    """The example on this log, with another trunk and seed; keywords go to the section [training]."""
    raw = load_config(CONFIG).model_dump(mode="json")
    raw["data"]["path"] = str(data)
    raw["model"]["trunk"] = {"kind": trunk}
    raw["training"] |= {"seed": seed, "num_threads": 1, "validation_rows": 8_192, **training}
    return Config.model_validate(raw)


def trained(prepared: Prepared, config: Config) -> History:
    """What a run saw of itself."""
    return fit(replace(prepared, config=config), Console(quiet=True)).history


def planted_table(prepared: Prepared, data: Path) -> Iterator[str]:
    yield "| planted in | trunk | first alarm, step (five seeds) | dead-unit alarm, step | subnets named |"
    yield "|---|---|---|---|---|"
    for task in (task.name for task in prepared.config.tasks):
        for trunk in TRUNKS:
            wrong = {f"heads.{task}": {"kind": "adamw", "learning_rate": TOO_HIGH}}
            runs = [
                trained(prepared, configured(data, trunk, seed, max_steps=PLANTED_STEPS, optimizers=wrong))
                for seed in SEEDS
            ]
            first = [_first(run) for run in runs]
            dead = [_first(run, "dead_units") for run in runs]
            named = sorted({alarm.subnet for run in runs for alarm in run.alarms})
            yield f"| heads.{task} | {trunk} | {_listed(first)} | {_listed(dead)} | {', '.join(named) or 'none'} |"


def _first(run: History, kind: str | None = None) -> str:
    steps = [alarm.step for alarm in run.alarms if kind in (None, alarm.kind)]
    return str(steps[0]) if steps else "none"


def _listed(steps: list[str]) -> str:
    return ", ".join(steps)


def healthy_table(prepared: Prepared, data: Path) -> Iterator[str]:
    yield "| healthy runs | steps each | alarms | most dead units | update ratios | pull over its limit | cosines |"
    yield "|---|---|---|---|---|---|---|"
    for trunk in TRUNKS:
        runs = [trained(prepared, configured(data, trunk, seed)) for seed in SEEDS]
        readings = [reading for run in runs for reading in run.readings]
        dead = [share for reading in readings if reading.step > 1 for share in reading.dead_unit_shares.values()]
        ratios = [ratio for reading in readings for ratio in _dense(reading.update_ratios)]
        pulls = [share / limit(task, reading) for reading in readings for task, share in reading.pull_shares.items()]
        cosines = [cosine for reading in readings for cosine in reading.cosines.values()]
        alarms = [str(alarm) for run in runs for alarm in run.alarms]
        steps = sorted({run.num_steps for run in runs})
        yield (
            f"| {len(runs)} with {trunk} | {steps[0]} to {steps[-1]} | {len(alarms)} | {max(dead):.0%} | "
            f"{min(ratios):.4f} to {max(ratios):.3f} | at least {min(pulls):.0f} | "
            f"{min(cosines):.2f} to {max(cosines):.2f} |"
        )
        yield from (f"| | | {alarm} | | | | |" for alarm in alarms)


def _dense(ratios: dict[str, float]) -> list[float]:
    return [ratio for subnet, ratio in ratios.items() if subnet not in ("embeddings", "weighting")]


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "logs"
        simulate(SimulationConfig(days=8, impressions_per_day=60_000), data)
        prepared = prepare(configured(data, TRUNKS[0], 0), Console(quiet=True))
        lines = []
        for table in (planted_table(prepared, data), healthy_table(prepared, data), cost_table(prepared, data)):
            for line in table:
                print(line, flush=True)
                lines.append(line)
            lines.append("")
    replace_section("telemetry", "\n".join(lines))


if __name__ == "__main__":
    main()
