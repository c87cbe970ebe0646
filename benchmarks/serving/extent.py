"""How long everything takes."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Extent:
    """Rounds and seconds.

    Attributes:
        rounds: turns of each server in the table of ratios.
        turn_seconds: of one turn there.
        stage_seconds: of one turn for the table of stages, a size.
        floor_seconds: of one part measured alone.
        peak_seconds: of saturation, from which the peak is taken.
        tail_seconds: of arrivals at 70% of it.
        batching_seconds: of one turn with small requests.
        overload_seconds: of arrivals at three times the peak.
    """

    rounds: int
    turn_seconds: float
    stage_seconds: float
    floor_seconds: float
    peak_seconds: float
    tail_seconds: float
    batching_seconds: float
    overload_seconds: float

    def with_rounds(self, rounds: int | None) -> "Extent":
        """With another number of rounds, where one is given."""
        return self if rounds is None else replace(self, rounds=rounds)


WHOLE = Extent(5, 2.0, 4.0, 1.0, 5.0, 30.0, 3.0, 60.0)
QUICK = Extent(1, 0.5, 0.6, 0.2, 1.0, 3.0, 0.5, 5.0)
"""For tries: the numbers mean nothing."""
