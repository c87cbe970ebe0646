"""Conversion where nothing was clicked: its bias against the simulator's truth; the tables of docs/results.md.

python -m benchmarks.entire_space
"""

import io
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy.special import expit, logit

from benchmarks.results_page import replace_section
from models.calibration import Platt
from models.heads import BinaryStatistics
from training.config import Config, load_config
from training.evaluation.calibrate_platt import fit_platt
from training.evaluation.interval import mean_interval
from training.evaluation.scored import Scored, score_window
from training.pipeline import Run, run
from training.simulation import SimulationConfig, simulate

NUM_PROCESSES = 2
SEEDS = range(5)
"""Of the world and of the training alike: every seed is another log."""
EXAMPLE = Path(__file__).parent.parent / "examples" / "simulated.toml"
TRUTH = ("true_click", "true_conversion")
WANTED_BIAS = 0.05
FEATURES = (
    "user_id", "country", "age_band", "device", "hour", "placement", "user_tenure_days",
    "item_id", "position", "category", "item_age_hours", "price",
)  # fmt: skip
WORLDS: dict[str, dict[str, Any]] = {
    "visible": {
        "days": 8, "impressions_per_day": 150_000, "num_users": 50, "num_items": 60, "max_candidates": 6,
        "click_rate": 0.1, "conversion_rate": 0.05, "taste_strength": 1.2, "taste_dim": 1,
        "drift_per_day": 0.0, "new_user_share": 0.0, "new_item_share": 0.0,
    },
    "hidden": {
        "days": 8, "impressions_per_day": 60_000, "num_users": 1_500, "num_items": 300,
        "click_rate": 0.1, "conversion_rate": 0.1,
    },
}  # fmt: skip
SPLITS = {"visible": {"validation": "5d", "test": "1d"}, "hidden": {"validation": "2d", "test": "1d"}}
VARIANTS: dict[str, dict[str, Any]] = {
    "click-only": {},
    "ESMM": {"reads": [], "entire_space": {"correction": "none", "stop_gradient": False}},
    "ESMM, chained and stopped": {"entire_space": {"correction": "none"}},
    "calibration": {"entire_space": {"correction": "calibration"}},
    "ips": {"entire_space": {"correction": "ips"}},
}
KNOWN = "ips, true propensities"


@dataclass(frozen=True)
class Measured:
    """Conversion of one training on the test window.

    Attributes:
        bias: where nothing was clicked, against the truth.
        auc: on clicked rows.
        entropy: normalised, likewise.
        captured: share of what can be known of clicked rows.
    """

    bias: float
    auc: float = np.nan
    entropy: float = np.nan
    captured: float = np.nan


def config(log: Path, world: str, variant: str, seed: int) -> Config:
    """Click, and conversion in one of its forms."""
    raw = load_config(EXAMPLE).model_dump(mode="json")
    click = {"name": "click", "kind": "binary", "label": "clicked"}
    conversion = {"name": "conversion", "kind": "binary", "label": "converted", "observed_when": "click"}
    return Config.model_validate(
        {
            **raw,
            "data": {**raw["data"], "path": str(log), "split": SPLITS[world]},
            "features": [feature for feature in raw["features"] if feature["name"] in FEATURES],
            "past_rates": [],
            "ranking": None,
            "tasks": [click, {**conversion, "reads": ["click"], **VARIANTS[variant]}],
            "model": {
                "embedding": {"dim": 12},
                "trunk": {"kind": "shared_bottom", "mlp": {"widths": [64]}},
            },
            "training": {
                "batch_size": 1_024,
                "validations_per_epoch": 1,
                "validation_rows": 1_000_000,
                "num_threads": 1,
                "seed": seed,
            },
            "evaluation": {},
        }
    )


def measured(finished: Run) -> Measured:
    """What the report says of conversion."""
    found = finished.evaluation.tasks["conversion"].metrics
    values = [found[key] for key in ("unobserved_bias", "auc", "normalised_entropy", "captured")]
    return Measured(*(np.nan if value is None else value for value in values))


def bias_with_known_propensities(finished: Run) -> float:
    """The bias, had the calibration been weighted by the propensities that clicks were drawn from.

    It needs the truth, so it is no model; it tells what is due to the propensities from what is due to the method.
    """
    prepared, predictor = finished.prepared, finished.trained.predictor
    rows = score_window(predictor, prepared.reader, prepared.windows.validation, TRUTH)
    clicked, label = rows.labels["click"] > 0, rows.labels["conversion"]
    statistics = prepared.data.statistics["click"]
    assert isinstance(statistics, BinaryStatistics)
    weight = statistics.rate / rows.extra["true_click"].to_numpy(np.float64)
    line = fit_platt(_logit(rows)[clicked], label[clicked], weight[clicked])
    assert isinstance(line, Platt)
    unclicked = finished.scored.labels["click"] == 0
    predicted = expit(line.slope * _logit(finished.scored)[unclicked] + line.intercept)
    return float(predicted.mean() / finished.scored.extra["true_conversion"].to_numpy()[unclicked].mean() - 1)


def _logit(rows: Scored) -> NDArray[np.float64]:
    found: NDArray[np.float64] = logit(rows.predictions["conversion"])
    return found


def of_seed(world: str, seed: int) -> list[Measured]:
    """All variants on one log, and last what `ips` would be had the propensities been known."""
    with TemporaryDirectory() as folder:
        simulate(SimulationConfig(**WORLDS[world], seed=seed), Path(folder))
        runs = [run(config(Path(folder), world, name, seed), Console(file=io.StringIO())) for name in VARIANTS]
        known = Measured(bias_with_known_propensities(runs[-1]))
    return [*map(measured, runs), known]


def of_world(world: str, pool: Executor) -> dict[str, list[Measured]]:
    """By variant, what was measured with each seed."""
    of_seeds = list(pool.map(of_seed, [world] * len(SEEDS), SEEDS))
    return dict(zip((*VARIANTS, KNOWN), map(list, zip(*of_seeds, strict=True)), strict=True))


def table(found: dict[str, list[Measured]]) -> list[str]:
    lines = [
        "| conversion | bias where nothing was clicked | its size, mean | AUC, clicked | NE, clicked | captured |",
        "|---|---|---|---|---|---|",
    ]
    for variant, runs in found.items():
        bias = [each.bias for each in runs]
        row = [_percent(bias), f"{np.abs(bias).mean():.1%}"]
        if variant != KNOWN:
            row += [mean_interval([getattr(each, key) for each in runs]).text(3) for key in ("auc", "entropy")]
            row.append(_percent([each.captured for each in runs]))
        lines.append(f"| {variant} | {' | '.join(row)} |" + " | | |" * (variant == KNOWN))
    return lines


def _percent(values: list[float]) -> str:
    found = mean_interval(values)
    return f"{found.mean:+.1%} [{found.low:+.1%}, {found.high:+.1%}]"


def verdict(found: dict[str, list[Measured]]) -> str:
    """Whether the bar is met, said of the mean and of the interval."""
    bias = mean_interval([each.bias for each in found["ips"]])
    inside = abs(bias.mean) <= WANTED_BIAS
    whole = max(abs(bias.low), abs(bias.high)) <= WANTED_BIAS
    return (
        f"Acceptance, at most {WANTED_BIAS:.0%} with `ips` where features show the selection: "
        f"{'met' if inside else 'missed'} by the mean, the interval {'lies' if whole else 'does not lie'} within."
    )


def main() -> None:
    with ProcessPoolExecutor(NUM_PROCESSES, mp_context=get_context("spawn")) as pool:
        visible, hidden = (of_world(world, pool) for world in WORLDS)
    parts = ["The features show what draws clicks:\n", *table(visible), "\nMuch of it is hidden:\n", *table(hidden)]
    text = "\n".join([*parts, "", verdict(visible)])
    replace_section("entire_space", text)
    print(text)


if __name__ == "__main__":
    main()
