"""Tells a person how training goes: a bar in a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from training.data.reader import Chunk
from training.history import Alarm, History, Validation

SECONDS_BETWEEN_LINES = 10.0


def counted(chunks: Iterable[Chunk], console: Console, what: str, total_rows: int) -> Iterator[Chunk]:
    """The chunks of a window, telling how many of its rows have gone by."""
    num_rows, last_line = 0, time.monotonic()
    with Bar(*Bar.get_default_columns(), console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total_rows)
        for chunk in chunks:
            yield chunk
            num_rows += chunk.num_rows
            bar.update(task, completed=num_rows)
            if not console.is_terminal and time.monotonic() - last_line > SECONDS_BETWEEN_LINES:
                last_line = time.monotonic()
                console.print(f"{what}: {num_rows:,}/{total_rows:,} rows", highlight=False)


class Progress:
    """Progress of a run of at most `total_steps` steps."""

    def __init__(self, console: Console, total_steps: int) -> None:
        self._console = console
        self._total = total_steps
        self._started = time.monotonic()
        self._last_line = self._started
        self._bar = Bar(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.completed:,}/{task.total:,} steps · {task.fields[rate]} rows/s"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("training", total=total_steps, rate="-")

    def __enter__(self) -> Self:
        self._bar.start()
        self._started = self._last_line = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step(self, history: History) -> None:
        """A step was made."""
        now = time.monotonic()
        rate = f"{history.num_rows / max(now - self._started, 1e-9):,.0f}"
        self._bar.update(self._task, completed=history.num_steps, rate=rate)
        if not self._console.is_terminal and now - self._last_line > SECONDS_BETWEEN_LINES:
            self._last_line = now
            losses = _shown(history.readings[-1].losses) if history.readings else ""
            left = (now - self._started) / history.num_steps * (self._total - history.num_steps)
            self._say(f"step {history.num_steps:,}/{self._total:,} · {rate} rows/s · {losses} · {left:,.0f} s left")

    def validation(self, result: Validation) -> None:
        """The validation window was looked at."""
        mark = " · best so far" if result.is_best else ""
        self._say(f"validation at step {result.step:,}: {_shown(result.losses)} · mean {result.score:.4f}{mark}")

    def alarm(self, alarm: Alarm) -> None:
        """A person should look at something."""
        self._console.print(f"[bold yellow]alarm:[/] {escape(str(alarm))}", soft_wrap=True)

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


def _shown(losses: dict[str, float]) -> str:
    return " ".join(f"{name} {loss:.4f}" for name, loss in losses.items())
