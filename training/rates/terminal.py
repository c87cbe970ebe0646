"""How sweeps go, and what they propose, in the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from training.rates.sweep import Sweeps, Tell
from training.rates.words import rate_text, verdict_words
from training.say import say


@contextmanager
def telling(console: Console) -> Iterator[Tell]:
    """Tells what is being swept: in place in a terminal, in lines elsewhere."""
    with console.status("looking for learning rates") as status:

        def tell(line: str) -> None:
            status.update(f"looking for learning rates: {line}")
            if not console.is_terminal:
                say(console, f"sweep      {line}")

        yield tell


def print_sweeps(console: Console, sweeps: Sweeps) -> None:
    """Each subnet's rate before and proposed, and what the sweeps cost."""
    table = Table(title=f"{sweeps.num_runs} short runs, {sweeps.num_steps:,} steps in all", title_justify="left")
    for heading in ("subnet", "optimizer", "before", "proposed", "verdict"):
        table.add_column(heading, justify="right" if heading in ("before", "proposed") else "left")
    for sweep in sweeps.subnets:
        table.add_row(
            sweep.subnet,
            sweep.group.kind,
            rate_text(sweep.first_rate) + (" (auto)" if sweep.group.learning_rate == "auto" else ""),
            rate_text(sweep.proposal.rate),
            verdict_words(sweep),
        )
    console.print(table)
