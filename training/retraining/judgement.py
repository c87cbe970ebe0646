"""What was seen of a candidate beside the champion, kept so that it is seen once."""

from models.frozen import Frozen
from training.retraining.observation import Observation
from training.retraining.outcome import Measure


class Checked(Frozen):
    """What was seen of the new rows."""

    observations: tuple[Observation, ...]


class Judgement(Frozen):
    """What was seen of the candidate."""

    candidate: str
    observations: tuple[Observation, ...]
    measures: tuple[Measure, ...] = ()
