"""How fast rows are predicted, as measured while there is work: what a wait is estimated from."""

_WEIGHT = 0.1
"""Of the newest measurement in the running mean: ten turns or so count, a few milliseconds of work."""


class Pace:
    """A running mean of the seconds that a row takes, parsing and answering of others between the turns included."""

    def __init__(self) -> None:
        self._seconds_per_row = 0.0

    def note(self, num_rows: int, seconds: float) -> None:
        """Take in one turn: rows predicted, and the seconds since the turn before or since work arrived."""
        measured = seconds / num_rows
        known = self._seconds_per_row
        self._seconds_per_row = known + _WEIGHT * (measured - known) if known else measured

    def seconds(self, num_rows: int) -> float:
        """An estimate of the seconds that these rows take; 0 as long as nothing was measured."""
        return self._seconds_per_row * num_rows
