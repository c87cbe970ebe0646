"""Progress: what a person is told of the pace, of waiting for data and of the time left."""

import io
import time

import pytest
from rich.console import Console

from training.history import History
from training.progress import Progress


def said(monkeypatch: pytest.MonkeyPatch, history: History, is_terminal: bool = False) -> str:
    """After a first step of 100 seconds, nineteen of 2 seconds and 1,000 rows each, half a second of it waiting."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    output = io.StringIO()
    console = Console(file=output, width=200, force_terminal=is_terminal)
    with Progress(console, total_steps=history.num_steps + 100) as progress:
        for step in range(20):
            now[0] += 2.0 if step else 100.0
            history.num_steps += 1
            history.num_rows += 1_000
            history.waited_seconds += 0.5 if step else 90.0
            progress.step(history)
    return output.getvalue()


def test_a_line_tells_rows_a_second_waiting_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = said(monkeypatch, History()).splitlines()
    assert lines[0].startswith("step 2/100 · 500 rows/s · waits for data 25%")
    assert lines[0].endswith("196 s left")
    assert len(lines) == 4  # every ten seconds, and not at every step


def test_a_run_that_goes_on_is_not_taken_for_a_fast_one(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(num_steps=5_000, num_rows=5_000_000, waited_seconds=3_000.0)
    line = said(monkeypatch, history).splitlines()[0]
    assert line.startswith("step 5,002/5,100 · 500 rows/s · waits for data 25%")
    assert line.endswith("196 s left")


def test_a_bar_tells_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = said(monkeypatch, History(), is_terminal=True)
    assert "20/100 steps · 500 rows/s · waits for data 25%" in shown
    assert "0:02:40 left" in shown
