"""Tells a person how training goes: a bar in a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from training.data.reader import Chunk
from training.history import Alarm, History, Validation
from training.say import say

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
        self._last_line = time.monotonic()
        self._first: _Seen | None = None
        self._bar = Bar(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.completed:,}/{task.total:,} steps · {task.fields[pace]}"),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("training", total=total_steps, pace="", left="")

    def __enter__(self) -> Self:
        self._bar.start()
        self._last_line = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step(self, history: History) -> None:
        """A step was made."""
        seen = _Seen.of(history)
        if self._first is None:
            self._first = seen  # from here on: a run that goes on did not make its first steps, and they start slowly
            return
        pace = _pace(self._first, seen)
        left = (seen.time - self._first.time) / (seen.steps - self._first.steps) * (self._total - seen.steps)
        self._bar.update(self._task, completed=seen.steps, pace=pace, left=f"{timedelta(seconds=round(left))} left")
        if not self._console.is_terminal and seen.time - self._last_line > SECONDS_BETWEEN_LINES:
            self._last_line = seen.time
            losses = _shown(history.readings[-1].losses) if history.readings else ""
            say(self._console, f"step {seen.steps:,}/{self._total:,} · {pace} · {losses} · {left:,.0f} s left")

    def validation(self, result: Validation) -> None:
        """The validation window was looked at."""
        mark = " · best so far" if result.is_best else ""
        say(
            self._console,
            f"validation at step {result.step:,}: {_shown(result.losses)} · mean {result.score:.4f}{mark}",
        )

    def alarm(self, alarm: Alarm) -> None:
        """A person should look at something."""
        self._console.print(f"[bold yellow]alarm:[/] {escape(str(alarm))}", soft_wrap=True)


@dataclass(frozen=True)
class _Seen:
    """How far a run was at a time."""

    time: float
    steps: int
    rows: int
    waited: float

    @classmethod
    def of(cls, history: History) -> Self:
        return cls(time.monotonic(), history.num_steps, history.num_rows, history.waited_seconds)


def _pace(first: _Seen, last: _Seen) -> str:
    """Rows a second, and the share of the time that went by waiting for them."""
    seconds = max(last.time - first.time, 1e-9)
    waiting = (last.waited - first.waited) / seconds
    return f"{(last.rows - first.rows) / seconds:,.0f} rows/s · waits for data {waiting:.0%}"


def _shown(losses: dict[str, float]) -> str:
    return " ".join(f"{name} {loss:.4f}" for name, loss in losses.items())
