"""A run's numbers in the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from models.config import ModelConfig
from training.amounts import amount_text
from training.evaluation.edges import EdgeUse
from training.evaluation.evaluate import Evaluation
from training.evaluation.scored import Scored
from training.ranking import score_line
from training.report.edges import edge_sentence
from training.say import say

if TYPE_CHECKING:
    from training.pipeline import Run

HEADLINE = {
    "auc": "AUC",
    "gauc": "GAUC",
    "normalised_entropy": "normalised entropy",
    "log_loss": "log loss",
    "expected_calibration_error": "calibration error",
    "r2": "R squared",
    "xauc": "XAUC",
    "rmse": "RMSE",
    "mae": "absolute error",
    "mae_seconds": "MAE (s)",
    "rmse_log1p": "RMSE log1p",
    "coverage": "inside the interval",
    "normalised_gini": "normalised Gini",
    "predicted_over_observed": "predicted/observed",
    "bias": "bias",
    "captured": "captured share",
}
IN_LABEL_UNIT = {"rmse", "mae", "bias"}
OWN_LOSS = {"binary": "log_loss", "duration": "deviance", "regression": "rmse", "value": "deviance_left"}
"""By kind, the measure that is smallest where a head knows everything."""


def print_table(console: Console, evaluation: Evaluation) -> None:
    """Each head's headline metrics beside those of the base rate."""
    table = Table(title=f"test window: {evaluation.window} ({evaluation.num_rows:,} rows)", title_justify="left")
    for heading in ("task", "metric", "model", "base rate"):
        table.add_column(heading, justify="left" if heading in ("task", "metric") else "right")
    for name, task in evaluation.tasks.items():
        for metric, label in HEADLINE.items():
            if task.metrics.get(metric) is not None:
                table.add_row(name, label, *(_text(metric, of.get(metric)) for of in (task.metrics, task.base)))
                name = ""
        table.add_section()
    console.print(table)
    for name in _not_better(evaluation):
        console.print(
            f"note: {name} is no better than always predicting the base rate. If few steps were made, train longer "
            f"(training.max_epochs, patience) or in smaller batches (training.batch_size)",
            style="yellow",
            highlight=False,
            soft_wrap=True,
        )


def print_run(console: Console, finished: "Run") -> None:
    """What a training came to."""
    print_table(console, finished.evaluation)
    print_scores(console, finished.trained.predictor.config, finished.scored)
    print_edges(console, finished.trained.edges)


def print_scores(console: Console, config: ModelConfig, scored: Scored) -> None:
    """What the utility says of the test window, where there is one."""
    if line := score_line(config, scored.predictions):
        say(console, line)


def print_edges(console: Console, uses: Sequence[EdgeUse]) -> None:
    """What each reader makes of what it reads, a line each."""
    for use in uses:
        say(console, f"edge: {edge_sentence(use)}")


def _not_better(evaluation: Evaluation) -> list[str]:
    """Tasks whose own loss is not below that of the base rate."""
    found = []
    for name, task in evaluation.tasks.items():
        model, base = (of.get(OWN_LOSS[task.kind]) for of in (task.metrics, task.base))
        if model is not None and base is not None and model >= base:
            found.append(name)
    return found


def _text(metric: str, value: float | None) -> str:
    if value is None:
        return ""
    return amount_text(value) if metric in IN_LABEL_UNIT else f"{value:.4f}"
