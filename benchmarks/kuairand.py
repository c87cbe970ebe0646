"""Trains examples/kuairand.toml with three seeds and writes the table of docs/results.md.

KUAIRAND=folder/of/impressions python -m benchmarks.kuairand
"""

import os
import statistics
from pathlib import Path

from rich.console import Console

from benchmarks.results_page import replace_section
from training.config import load_config
from training.evaluation.evaluate import Evaluation
from training.pipeline import run

CONFIG = Path(__file__).parent.parent / "examples" / "kuairand.toml"
SEEDS = (0, 1, 2)
ROWS = (
    ("click", "auc", "AUC", "0.732"),
    ("click", "gauc", "GAUC by user", ""),
    ("click", "log_loss", "log loss", ""),
    ("click", "normalised_entropy", "normalised entropy", ""),
    ("click", "predicted_over_observed", "predicted/observed", ""),
    ("conversion", "auc", "AUC", "0.872"),
    ("conversion", "normalised_entropy", "normalised entropy", ""),
    ("conversion", "predicted_over_observed", "predicted/observed", ""),
    ("dwell", "xauc", "XAUC", "0.656"),
    ("dwell", "rmse_log1p", "RMSE of log1p seconds", "0.914"),
    ("dwell", "mae_seconds", "MAE, seconds", ""),
    ("dwell", "predicted_over_observed", "predicted/observed", ""),
)


def table(evaluations: list[Evaluation]) -> str:
    lines = [
        f"Rows of the test window: {evaluations[0].num_rows:,}. Seeds: {', '.join(map(str, SEEDS))}.\n",
        "| task | metric | median | lowest | highest | base rate | LightGBM a task |",
        "|---|---|---|---|---|---|---|",
    ]
    for task, metric, label, peer in ROWS:
        values = [float(e.tasks[task].metrics[metric] or 0) for e in evaluations]
        base = evaluations[0].tasks[task].base.get(metric)
        found = [statistics.median(values), min(values), max(values)]
        numbers = " | ".join(f"{value:.4f}" for value in found)
        lines.append(f"| {task} | {label} | {numbers} | {'' if base is None else f'{base:.4f}'} | {peer} |")
    return "\n".join([*lines, "", *slices(evaluations)])


def slices(evaluations: list[Evaluation]) -> list[str]:
    """Click by tab: only tab 0 is a click on a cover."""
    lines = ["| click in tab | rows | rate | AUC, median | predicted/observed, median |", "|---|---|---|---|---|"]
    for tab, first in evaluations[0].tasks["click"].slices["tab"].items():
        every = [e.tasks["click"].slices["tab"][tab] for e in evaluations]
        auc, ratio = (
            statistics.median(float(found[name] or 0) for found in every) for name in ("auc", "predicted_over_observed")
        )
        lines.append(f"| {tab} | {first['num_observed']:,.0f} | {first['rate']:.3f} | {auc:.4f} | {ratio:.3f} |")
    return lines


def main() -> None:
    config = load_config(CONFIG)
    path = os.environ.get("KUAIRAND", config.data.path)
    console = Console()
    if not Path(path).is_dir():
        console.print(f"skipped: no KuaiRand impressions at {path}. Set KUAIRAND to their folder", soft_wrap=True)
        return
    evaluations = [run(config.with_overrides(data=path, seed=seed), console).evaluation for seed in SEEDS]
    text = table(evaluations)
    replace_section("kuairand", text)
    console.print(text, markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
