"""What the terminal says of a training before its first step and after its last one."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from rich.console import Console

from training.data.windows import Windows
from training.history import History
from training.say import say
from training.trainer import Trainer

if TYPE_CHECKING:
    from training.pipeline import Prepared

MAX_DAYS_LISTED = 14


def tell_windows(console: Console, windows: Windows) -> None:
    """How the log was cut, and the days that it says nothing of."""
    for window in (windows.train, windows.validation, windows.test):
        say(console, f"{window.name:<10} {window.num_rows:>12,} rows   {window.described}")
    if windows.days_without_rows:
        say(console, f"note: the log has no rows on {_listed(windows.days_without_rows)}")


def _listed(days: Sequence[date]) -> str:
    shown = ", ".join(map(str, days[:MAX_DAYS_LISTED]))
    more = len(days) - MAX_DAYS_LISTED
    return shown if more <= 0 else f"{shown} and {more:,} more days"


def tell_settings(console: Console, trainer: Trainer, prepared: "Prepared") -> None:
    """Which rate moves what, and what a reader may not have the time to learn."""
    for subnet, kind in trainer.optimizers.configs.items():
        found = ", found automatically" if subnet in prepared.found_rates.by_subnet else ""
        say(console, f"optimizer  {subnet:<20} {kind.kind} at {kind.rate:g}, {kind.schedule.kind}{found}")
    last_step, steps = trainer.teacher.last_step, trainer.num_steps
    if last_step and last_step >= steps:  # a reader that is taught to the end never learns from what it will get
        say(
            console,
            f"note: teacher forcing goes on until step {last_step:,}, and this run takes {steps:,} steps at the most: "
            f"its readers hardly learn from estimates. Set teacher_forcing_steps to fewer",
        )


def tell_compute(console: Console, trainer: Trainer, prepared: "Prepared", batch_rows: int) -> None:
    """Compile where that is asked for or worth it, and say what was chosen, and why.

    Args:
        console: is told.
        trainer: whose network computes.
        prepared: the log and its configuration.
        batch_rows: rows of a full batch that this process computes.
    """
    settings, folder = prepared.config.training, prepared.config.data.cache.path / "compiled"
    told = trainer.compute.prepare(settings.compile, batch_rows, trainer.num_steps, folder)
    trainer.history.computed_by = told
    say(console, f"compute    {told}")


def tell_stopped(console: Console, history: History) -> None:
    """Why the training ended, and how quick it was."""
    waiting = f"{history.waited_seconds / history.seconds:.0%} of the time waiting for data"
    say(console, f"stopped: {history.stopped_because}; {history.num_rows / history.seconds:,.0f} rows/s, {waiting}")
