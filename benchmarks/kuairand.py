"""Trains examples/kuairand.toml with five seeds and writes the tables of docs/results.md.

KUAIRAND=folder/of/impressions python -m benchmarks.kuairand. Finished trainings are kept in
comparisons/kuairand_ablation, for this table and for that of `python -m benchmarks.kuairand_ablation`.
"""

import statistics
from collections.abc import Sequence

from rich.console import Console

from benchmarks.kuairand_bars import BARS, PUBLISHED, verdict
from benchmarks.kuairand_trainings import FOLDER, NUM_SEEDS, shipped, trained
from benchmarks.kuairand_variants import SHIPPED
from benchmarks.results_page import replace_section
from training.evaluation.by_kind import Metrics
from training.evaluation.evaluate import Evaluation
from training.evaluation.interval import mean_interval

LABELS = {
    "auc": "AUC",
    "gauc": "GAUC by user",
    "xauc": "XAUC",
    "log_loss": "log loss",
    "normalised_entropy": "normalised entropy",
    "rmse_log1p": "RMSE of log1p seconds",
    "mae_seconds": "MAE, seconds",
    "coverage": "share inside the interval",
    "predicted_over_observed": "predicted/observed",
}


def section(evaluations: Sequence[Evaluation]) -> str:
    """Everything between the markers."""
    first = evaluations[0]
    lead = f"Rows of the test window: {first.num_rows:,}. Seeds: {len(evaluations)}."
    parts = [[lead], metrics(evaluations), bars(evaluations), slices(evaluations)]
    parts += [unseen(evaluations, feature) for feature in first.tasks["click"].unseen]
    return "\n\n".join("\n".join(lines) for lines in parts)


def values(evaluations: Sequence[Evaluation], task: str, metric: str) -> list[float]:
    return _numbers([each.tasks[task].metrics for each in evaluations], metric)


def metrics(evaluations: Sequence[Evaluation]) -> list[str]:
    """Each task and metric over the seeds."""
    lines = [
        "| task | metric | median | mean, 95% interval | lowest to highest | base rate | LightGBM a task |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, task in evaluations[0].tasks.items():
        for metric, label in LABELS.items():
            if not (found := values(evaluations, name, metric)):
                continue
            base, peer = task.base.get(metric), PUBLISHED.get((name, metric))
            interval = mean_interval(found).text() if len(found) > 1 else ""
            lines.append(
                f"| {name} | {label} | {statistics.median(found):.4f} | {interval} | {min(found):.4f} to "
                f"{max(found):.4f} | {'' if base is None else f'{base:.4f}'} | {'' if peer is None else peer} |"
            )
    return lines


def bars(evaluations: Sequence[Evaluation]) -> list[str]:
    """Each acceptance bar and its verdict."""
    lines = [
        "| bar | LightGBM | ahead | lead, mean and 95% interval | seeds that pass | verdict |",
        "|---|---|---|---|---|---|",
    ]
    return [*lines, *(verdict(bar, values(evaluations, bar.task, bar.metric)) for bar in BARS)]


def slices(evaluations: Sequence[Evaluation]) -> list[str]:
    """Click by tab: only tab 0 is a click on a cover."""
    lines = ["| click in tab | rows | rate | AUC, median | predicted/observed, median |", "|---|---|---|---|---|"]
    for tab, first in evaluations[0].tasks["click"].slices["tab"].items():
        every = [each.tasks["click"].slices["tab"][tab] for each in evaluations]
        auc, ratio = _median(every, "auc"), _median(every, "predicted_over_observed")
        lines.append(f"| {tab} | {first['num_observed']:,.0f} | {first['rate']:.3f} | {auc} | {ratio} |")
    return lines


def unseen(evaluations: Sequence[Evaluation], feature: str) -> list[str]:
    """Known and new values of an id; empty where there are too few rows or positives to say."""
    lines = [
        f"| by `{feature}` | rows, known | order, median | loss, median | rows, new | order, median | loss, median |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, task in evaluations[0].tasks.items():
        order, loss = ("xauc", "rmse_log1p") if task.kind == "duration" else ("auc", "normalised_entropy")
        cells = []
        for group in ("known", "new"):
            every = [each.tasks[name].unseen[feature][group] for each in evaluations]
            cells += [f"{every[0]['num_observed']:,.0f}", _median(every, order), _median(every, loss)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _median(every: Sequence[Metrics], metric: str) -> str:
    found = _numbers(every, metric)
    return f"{statistics.median(found):.4f}" if found else ""


def _numbers(every: Sequence[Metrics], metric: str) -> list[float]:
    """Of the seeds that have the metric."""
    return [number for each in every if (number := each.get(metric)) is not None]


def main() -> None:
    console = Console()
    settings = shipped(console)
    if settings is None:
        return
    evaluations = [each.evaluation for each in trained(FOLDER, SHIPPED, settings, range(NUM_SEEDS))]
    text = section(evaluations)
    replace_section("kuairand", text)
    console.print(text, markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
