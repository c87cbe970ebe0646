"""What checks and gates come to."""

from dataclasses import dataclass

from training.retraining.judgement import Judgement
from training.retraining.observation import Observation, failed
from training.retraining.plan import Plan
from training.retraining.sentence import held_because, promoted_because


@dataclass(frozen=True)
class Verdict:
    """A decision.

    Attributes:
        plan: of the run.
        checks: what was seen of the new rows.
        judgement: what was seen of the candidate; None where the rows were held before there was one.
    """

    plan: Plan
    checks: tuple[Observation, ...]
    judgement: Judgement | None

    @property
    def gates(self) -> tuple[Observation, ...]:
        """What was seen of the candidate."""
        return self.judgement.observations if self.judgement else ()

    @property
    def promotes(self) -> bool:
        """Whether the candidate becomes the champion."""
        return self.judgement is not None and not failed([*self.checks, *self.gates])

    @property
    def why(self) -> str:
        """In one sentence."""
        seen = [*self.checks, *self.gates]
        if not self.promotes:
            return held_because(seen)
        return promoted_because(self.plan, self.judgement.measures if self.judgement else (), len(seen))
