"""A run's outcome in the terminal."""

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from training.retraining.outcome import RetrainOutcome
from training.say import say
from training.terminal import HEADLINE


def print_outcome(console: Console, outcome: RetrainOutcome) -> None:
    """What was measured, what was seen, and the decision."""
    if outcome.measures:
        console.print(_measures(outcome))
    if outcome.checks or outcome.gates:
        console.print(_observations(outcome))
    for each in outcome.failed:
        say(console, f"held by {each.label}: {each.reason}")
    for note in outcome.notes:
        say(console, f"note: {note}")
    say(console, f"{outcome.decision.replace('_', ' ')}: {outcome.why}")
    if outcome.report:
        say(console, f"report {outcome.report}")


def _measures(outcome: RetrainOutcome) -> Table:
    table = Table(title="newest rows", title_justify="left")
    for heading in ("task", "metric", "candidate", "champion"):
        table.add_column(heading, justify="left" if heading in ("task", "metric") else "right")
    task = None
    for each in outcome.measures:
        name, task = "" if each.task == task else each.task, each.task
        table.add_row(name, HEADLINE[each.metric], _number(each.candidate), _number(each.champion))
    return table


def _observations(outcome: RetrainOutcome) -> Table:
    """A line for each that holds, and one for all of a name that passed; the page has every one."""
    table = Table(title="checks and gates", title_justify="left")
    for heading in ("", "of", "result", "observed", "limit"):
        table.add_column(heading, justify="right" if heading in ("observed", "limit") else "left")
    for each in outcome.failed:
        cells = (each.name, each.field or "", "HELD", f"{each.observed:.4g}", f"{each.limit:.4g}")
        table.add_row(*map(Text, cells))
    passed = Counter(each.name for each in (*outcome.checks, *outcome.gates) if each.passed)
    for name, number in passed.items():
        table.add_row(name, "" if number == 1 else f"{number} seen", "passed")
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
