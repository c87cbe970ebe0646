"""A run's numbers in the terminal."""

from rich.console import Console
from rich.table import Table

from training.evaluation.evaluate import Evaluation

HEADLINE = {
    "auc": "AUC",
    "gauc": "GAUC",
    "normalised_entropy": "normalised entropy",
    "log_loss": "log loss",
    "expected_calibration_error": "calibration error",
    "xauc": "XAUC",
    "mae_seconds": "MAE (s)",
    "rmse_log1p": "RMSE log1p",
    "predicted_over_observed": "predicted/observed",
    "captured": "captured share",
}


def print_table(console: Console, evaluation: Evaluation) -> None:
    """Each head's headline metrics beside those of the base rate."""
    table = Table(title=f"test window: {evaluation.window} ({evaluation.num_rows:,} rows)", title_justify="left")
    for heading in ("task", "metric", "model", "base rate"):
        table.add_column(heading, justify="left" if heading in ("task", "metric") else "right")
    for name, task in evaluation.tasks.items():
        for metric, label in HEADLINE.items():
            if task.metrics.get(metric) is not None:
                table.add_row(name, label, _number(task.metrics[metric]), _number(task.base.get(metric)))
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


def _not_better(evaluation: Evaluation) -> list[str]:
    """Tasks whose own loss is not below that of the base rate."""
    found = []
    for name, task in evaluation.tasks.items():
        measure = "log_loss" if task.kind == "binary" else "deviance"
        model, base = task.metrics.get(measure), task.base.get(measure)
        if model is not None and base is not None and model >= base:
            found.append(name)
    return found


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
