"""The runs of a schedule: which are due, which are left out, what became of each."""

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Event, Lock

from training.scheduling.child import Child
from training.scheduling.outcomes import is_success, outcome_of, words_of
from training.scheduling.state import ScheduleState, read_state, write_state
from training.scheduling.timetable import Timetable


class Runs:
    """Makes runs and remembers them.

    Args:
        timetable: says when runs are planned.
        file: what is remembered.
        child: makes a run.
        clock: the time now, with a time zone.
        tell: is told what happens, a line each.
        jitter_s: a run begins up to so many seconds late, by chance.
    """

    def __init__(
        self,
        timetable: Timetable,
        file: Path,
        child: Child,
        clock: Callable[[], datetime],
        tell: Callable[[str], None],
        jitter_s: float = 0.0,
    ) -> None:
        self._timetable, self._file, self._child, self._clock, self._tell = timetable, file, child, clock, tell
        self._jitter_s = jitter_s
        self._stop, self._lock = Event(), Lock()
        self.is_running = False
        forgotten = file.exists()
        found = read_state(file)
        self.forgot = forgotten and found is None
        self.state = found or ScheduleState(dealt_until=clock())
        self._change(lambda state: state)

    @property
    def next_planned(self) -> datetime:
        """The first planned time that is not dealt with; in the past where a run is late."""
        return self._timetable.next_after(self.state.dealt_until)

    def catch_up_reason(self) -> str | None:
        """Why a run is to be made at the start; None where none is."""
        if self.forgot:
            return f"{self._file} cannot be read, so a run may have been missed"
        if self.state.unfinished is not None:
            return f"the run of {_text(self.state.unfinished.planned)} was cut off"
        if self.next_planned <= self._clock():
            return f"the run of {_text(self.next_planned)} was missed"
        return None

    def run(self) -> None:
        """Make the run that is due now."""
        unfinished = self.state.unfinished
        planned = min(self.next_planned, self._clock()) if unfinished is None else unfinished.planned
        if self._stop.wait(random.uniform(0, self._jitter_s)) or self._child.is_stopping():  # noqa: S311 - no secret
            return
        self._change(lambda state: state.begun(planned, self._clock()))
        self._tell(f"retrain begins (planned for {_text(planned)})")
        self.is_running = True
        try:
            code = self._child.run()
        except OSError as error:
            self._tell(f"retrain could not be started: {error}")
            code = 1
        finally:
            self.is_running = False
        cut_off = self._child.is_stopping() and not is_success(outcome_of(code))
        self._change(lambda state: state.ended(code, self._clock(), cut_off))
        self._tell(f"retrain ended with exit code {code}: {words_of(code)}")

    def skip(self) -> None:
        """Leave out the run that is due now: the one before it still goes on."""
        self._change(lambda state: state.skipping(self._clock()))
        self._tell("skipped a planned retrain: the one before it is still running")

    def stop(self) -> None:
        """Begin no run, and end the one that goes on; it is made up for at the next start."""
        self._stop.set()
        self._child.stop()

    def _change(self, change: Callable[[ScheduleState], ScheduleState]) -> None:
        with self._lock:  # a run and what is skipped meanwhile come from two threads
            self.state = change(self.state)
            write_state(self._file, self.state)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"
