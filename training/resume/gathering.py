"""Everything that a training has become after a step: nothing that decides a later step is left out."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.best_weights import BestWeights
from training.history import History
from training.resume.part import Generators, Part, Weights
from training.selection import Selection

if TYPE_CHECKING:
    from training.trainer import Trainer


@dataclass(frozen=True)
class Gathered:
    """The parts of a training that outlive a step.

    Attributes:
        history: holds the position in the data too: passes that are over, and batches since the last one.
        best: the weights of the best validation so far.
        others: by name.
        total_steps: steps that it takes at the most.
        kept_at_end: names of the others that are of use once the training is over.
    """

    history: History
    best: BestWeights
    others: dict[str, Part]
    total_steps: int
    kept_at_end: frozenset[str] = frozenset()

    def state(self) -> dict[str, Any]:
        """By part; when the training is over, only what it left."""
        is_over = bool(self.history.stopped_because)
        others = {name: part for name, part in self.others.items() if not is_over or name in self.kept_at_end}
        return {"history": self.history.state(), "best": self.best.state()} | {
            name: part.state() for name, part in others.items()
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from such a state.

        Raises:
            RuntimeError, ValueError, KeyError: the state is of a training with other parts.
        """
        parts: dict[str, Part] = {"history": self.history, "best": self.best, **self.others}
        for name, held in state.items():
            parts[name].restore(held)


def gathered(trainer: "Trainer", selection: Selection, best: BestWeights) -> Gathered:
    """The parts of a training."""
    others: dict[str, Part] = {
        "network": Weights(trainer.network),
        "average": trainer.average,
        "weighting": trainer.weighting,
        "optimizers": trainer.optimizers,
        "validator": trainer.validator,
        "telemetry": trainer.telemetry,
        "since_reading": trainer.since_reading,
        "selection": selection,
        "generators": Generators(),
    }
    growth = trainer.config.growth
    kept_at_end = {"optimizers"} if growth is not None and growth.keep_optimizer_state else set()
    return Gathered(trainer.history, best, others, trainer.num_steps, frozenset(kept_at_end))
