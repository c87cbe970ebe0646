"""When the next training state is due."""

import time

from training.resume.config import ResumeConfig

MOST_OF_THE_TIME = 1 / 20
"""Share of a run that the writing of states may take."""


class Cadence:
    """Every so many minutes, but seldom enough that writing stays cheap; every so many steps, where asked for."""

    def __init__(self, config: ResumeConfig) -> None:
        self._seconds = self._wait = 60 * config.every_minutes
        self._every_steps = config.every_steps
        self._last = time.monotonic()

    def is_due(self, num_steps: int) -> bool:
        """Whether a state is to be written after so many steps."""
        if self._every_steps is not None and num_steps % self._every_steps == 0:
            return True
        return time.monotonic() - self._last >= self._wait

    def wrote(self, seconds: float) -> None:
        """A state was written just now, and took so long."""
        self._last = time.monotonic()
        self._wait = max(self._seconds, seconds / MOST_OF_THE_TIME)
