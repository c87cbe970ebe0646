"""Short runs from the common start: one in which a subnet's rate rises, and some in which all rates stay."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.errors import TrainingError
from training.data.batches import TrainingBatch
from training.optimizers import OptimizerConfig
from training.rates.probe import Look, relative_loss
from training.rates.spans import with_rate
from training.rates.start import Start
from training.trainer import Trainer

DIVERGED = 2.0
"""A rising run whose loss is so many times its lowest has diverged, and ends."""


@dataclass(frozen=True)
class Point:
    """What a rate did to a subnet.

    Attributes:
        rate: of the swept subnet.
        loss: mean over the subnet's tasks of the probe's loss as a share of that before the run; None where the run
            broke.
        losses: by task, in units of the base rate's loss; empty where the run broke.
        dead_units: share of the hidden units that say whether the rate kills; None where the run broke or there are
            none.
    """

    rate: float
    loss: float | None
    losses: dict[str, float]
    dead_units: float | None


class Runs:
    """Makes short runs, and counts what they cost.

    Args:
        start: from where, and on which batches.
    """

    def __init__(self, start: Start) -> None:
        self._start = start
        self._known: dict[tuple[float, ...], Look | None] = {}
        self.num_steps = 0
        self.num_runs = 0

    def tasks_of(self, subnet: str) -> list[str]:
        """Tasks whose losses judge a subnet's rate: a head's own, and all for what they share."""
        tasks = self._start.probe.tasks
        return [task for task in tasks if subnet == f"heads.{task}"] if subnet.startswith("heads.") else tasks

    def rising(
        self, subnet: str, groups: Mapping[str, OptimizerConfig], rates: Sequence[float], steps_a_rate: int
    ) -> Iterator[Point]:
        """One run through all rates of a subnet, looked at before each change; it ends where it diverges."""
        trainer = self._start.trainer(groups)
        lowest = float("inf")
        self.num_runs += 1
        for index, rate in enumerate(rates):
            batches = self._start.batches[index * steps_a_rate : (index + 1) * steps_a_rate]
            point = self._point(subnet, rate, self._continued(trainer, batches, {subnet: rate}))
            yield point
            if point.loss is None or point.loss > DIVERGED * lowest:
                return
            lowest = min(lowest, point.loss)

    def staying(self, subnet: str, groups: Mapping[str, OptimizerConfig], num_steps: int) -> Point:
        """A run in which no rate changes, looked at when it ends; one that was made before is not made again."""
        key = tuple(group.rate for group in groups.values())
        if key not in self._known:
            self.num_runs += 1
            trainer = self._start.trainer(groups)
            self._known[key] = self._continued(trainer, self._start.batches[:num_steps], {})
        return self._point(subnet, groups[subnet].rate, self._known[key])

    def _continued(self, trainer: Trainer, batches: Sequence[TrainingBatch], rates: Mapping[str, float]) -> Look | None:
        """The look after some more steps; None where the run broke."""
        try:
            for batch in batches:
                for subnet, rate in rates.items():
                    trainer.optimizers.set_rate(subnet, rate)  # a step sets the configured one again
                trainer.step(batch)
                self.num_steps += 1
        except TrainingError:
            return None
        look = self._start.probe.look(trainer.network)
        return look if look.is_finite else None

    def _point(self, subnet: str, rate: float, look: Look | None) -> Point:
        if look is None:
            return Point(rate, None, {}, None)
        loss = relative_loss(look, self._start.look, self.tasks_of(subnet))
        # Embeddings have no hidden units of their own, and inputs may have none: they break the trunk that reads them.
        shares = look.dead_unit_shares
        dead = shares.get("shared" if subnet in ("embeddings", "inputs") and subnet not in shares else subnet)
        return Point(rate, loss, look.losses, dead)


def at_rate(groups: Mapping[str, OptimizerConfig], subnet: str, rate: float) -> dict[str, OptimizerConfig]:
    """The same groups with another rate for one subnet."""
    return {**groups, subnet: with_rate(groups[subnet], rate)}
