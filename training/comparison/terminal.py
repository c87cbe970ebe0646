"""A comparison's verdicts in the terminal."""

from rich.console import Console
from rich.table import Table

from training.comparison.paired import Verdict
from training.comparison.results import Comparison
from training.comparison.words import difference_words
from training.say import say

STYLES: dict[Verdict, str] = {"better": "green", "worse": "red"}


def print_comparison(console: Console, comparison: Comparison) -> None:
    """The configured model against each baseline: the difference of each task's loss, and the verdict."""
    table = Table(title="the configured model's loss less the baseline's, test window", title_justify="left")
    table.add_column("against")
    for task in comparison.config.tasks:
        table.add_column(task.name, justify="right")
    for row in comparison.rivals:
        cells = []
        for task in comparison.config.tasks:
            found = comparison.against(row, task, "loss")
            style = STYLES.get(found.verdict)
            verdict = f"[{style}]{found.verdict}[/]" if style else found.verdict
            cells.append(f"{difference_words(found)}\n{verdict}")
        table.add_row(row.variant.title.lower(), *cells)
        table.add_section()
    console.print(table)
    for row in comparison.baselines:
        if (because := row.variant.skipped_because) is not None:
            say(console, f"not trained: {row.variant.title.lower()}, because {because}")
    for row in (comparison.configured, *comparison.rivals):
        for record in row.failures:
            say(console, f"failed: {record.label}, seed {record.seed}: {record.failure}")
