"""When a worker that died is started again, and when not any more."""

LONG_ENOUGH_S = 60.0
"""A worker that lived so long died of something new."""
MOST_IN_A_ROW = 10
"""Deaths one after the other, each before it lived long enough, after which a worker is given up."""
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 10.0


class Restarts:
    """Deaths of the worker in one place; the pause doubles with each in a row."""

    def __init__(self) -> None:
        self.in_a_row = 0

    def after(self, lived_s: float, *, may_give_up: bool = True) -> float | None:
        """Seconds until the next start of a worker that died after so many; None where it is given up."""
        self.in_a_row = 1 if lived_s >= LONG_ENOUGH_S else self.in_a_row + 1
        if self.in_a_row > MOST_IN_A_ROW:
            self.in_a_row = MOST_IN_A_ROW
            if may_give_up:
                return None
        return float(min(_FIRST_PAUSE_S * 2 ** (self.in_a_row - 1), _LONGEST_PAUSE_S))
