"""Sweeps the rate of each subnet: first one rising run each, then the walks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.optimizers import OptimizerConfig
from training.rates.proposal import (
    RUNG,
    Proposal,
    Verdict,
    best_rate,
    best_rung,
    carried_over,
    is_flat,
    is_whole,
    is_worse,
    walk,
    where_to_look,
)
from training.rates.runs import Point, Runs, at_rate
from training.rates.spans import first_group, is_within_span, rising_rates, within_span
from training.rates.start import Start

if TYPE_CHECKING:
    from training.pipeline import Prepared

NUM_RATES = 15
"""Rates of a rising run."""
RISING_SHARE, MOST_RISING = 0.1, 105
"""Steps of a rising run: a share of the training's, and never more than this."""
STAYING_SHARE, MOST_STAYING = 0.25, 150
"""Steps of a run in which all rates stay, likewise."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Sweep:
    """What was seen of one subnet's rate.

    Attributes:
        subnet: whose rate.
        group: its optimizer as configured.
        first_rate: what the rate was before: the configured one, or the default where that is automatic.
        tasks: whose losses judged it.
        rising: along the run with a rising rate.
        staying: runs at one rate each, lowest rate first.
        proposal: the rate.
    """

    subnet: str
    group: OptimizerConfig
    first_rate: float
    tasks: list[str]
    rising: list[Point]
    staying: list[Point]
    proposal: Proposal


@dataclass(frozen=True)
class Sweeps:
    """All sweeps of a run, and what they cost.

    Attributes:
        subnets: in the order in which a row passes them.
        steps_rising: optimizer steps of each rising run at the most.
        steps_staying: of each run in which all rates stay.
        steps_of_training: what the proposals are for.
        num_steps: optimizer steps made in all.
        num_runs: runs made in all.
        probe_rows: rows of the validation window that judged them.
    """

    subnets: list[Sweep]
    steps_rising: int
    steps_staying: int
    steps_of_training: int
    num_steps: int
    num_runs: int
    probe_rows: int


class Sweeper:
    """Sweeps subnets one after the other.

    An automatic rate that was found is what the sweeps after it meet; a configured one stays what it is.

    Args:
        prepared: the log and its configuration.
        tell: is told of each subnet that is begun.
    """

    def __init__(self, prepared: "Prepared", tell: Tell) -> None:
        self._tell = tell
        self._steps_of_training = prepared.config.training.num_steps(prepared.rows_per_epoch)
        of_each = round(min(RISING_SHARE * self._steps_of_training, MOST_RISING) / NUM_RATES)
        self._steps_a_rate = max(1, of_each)
        self._steps_staying = max(NUM_RATES, round(min(STAYING_SHARE * self._steps_of_training, MOST_STAYING)))
        self._start = Start(prepared, max(NUM_RATES * self._steps_a_rate, self._steps_staying))
        self._runs = Runs(self._start)
        self._groups = {name: first_group(name, group) for name, group in self._start.groups.items()}

    def sweep(self, only_automatic: bool) -> Sweeps:
        """Sweep the subnets whose rate is automatic, or all that are not frozen."""
        wanted = [name for name, group in self._start.groups.items() if self._is_wanted(group, only_automatic)]
        rising = {name: self._rise(name) for name in wanted}
        return Sweeps(
            subnets=[self._judge(name, rising[name]) for name in wanted],
            steps_rising=NUM_RATES * self._steps_a_rate,
            steps_staying=self._steps_staying,
            steps_of_training=self._steps_of_training,
            num_steps=self._runs.num_steps,
            num_runs=self._runs.num_runs,
            probe_rows=len(self._start.probe),
        )

    @staticmethod
    def _is_wanted(group: OptimizerConfig, only_automatic: bool) -> bool:
        return group.learning_rate == "auto" if only_automatic else group.learning_rate != 0

    def _rise(self, subnet: str) -> list[Point]:
        if not self._runs.tasks_of(subnet):
            return []
        self._tell(f"{subnet}: one run with a rising rate")
        rates = rising_rates(self._groups[subnet], NUM_RATES)
        points = list(self._runs.rising(subnet, self._groups, rates, self._steps_a_rate))
        look_at = where_to_look(points)
        if look_at is not None:
            self._adopt(subnet, within_span(self._groups[subnet], look_at))
        return points

    def _judge(self, subnet: str, rising: list[Point]) -> Sweep:
        """Compare rates beside each other, propose one, and take the best along where the rate is automatic."""
        first_rate = first_group(subnet, self._start.groups[subnet]).rate
        compared = self._compare(subnet, rising)
        points = list(compared.values())
        proposal = self._proposed(subnet, compared)
        if proposal is None:
            proposal = Proposal(first_rate, first_rate, "broken" if rising else "unjudged")
            self._adopt(subnet, first_rate)
        else:
            self._adopt(subnet, compared[best_rung(compared)].rate)
        if is_flat(compared):
            known = self._stay(subnet, first_rate)
            points += [known] if known not in points else []
            if not is_worse(known, compared):
                proposal = Proposal(first_rate, first_rate, "flat")
                self._adopt(subnet, first_rate)
        return Sweep(
            subnet=subnet,
            group=self._start.groups[subnet],
            first_rate=first_rate,
            tasks=self._runs.tasks_of(subnet),
            rising=rising,
            staying=sorted(points, key=lambda point: point.rate),
            proposal=proposal,
        )

    def _compare(self, subnet: str, rising: list[Point]) -> dict[int, Point]:
        look_at = where_to_look(rising)
        if look_at is None:
            return {}
        self._tell(f"{subnet}: runs at one rate each")
        first = within_span(self._groups[subnet], look_at)
        return walk(
            measure=lambda rung: self._stay(subnet, first * RUNG**rung),
            is_open=lambda rung: is_within_span(self._groups[subnet], first * RUNG**rung),
        )

    def _proposed(self, subnet: str, compared: dict[int, Point]) -> Proposal | None:
        """The rate that the comparison speaks for; None where no run was whole."""
        if not any(is_whole(point) for point in compared.values()):
            return None
        group, best, rate = self._start.groups[subnet], best_rung(compared), best_rate(compared)
        verdict: Verdict = "found" if best - 1 in compared and best + 1 in compared else "edge"
        carried = carried_over(rate, self._steps_staying, group.schedule, self._steps_of_training)
        return Proposal(float(f"{carried:.2g}"), rate, verdict)  # more digits would claim more than was seen

    def _stay(self, subnet: str, rate: float) -> Point:
        return self._runs.staying(subnet, at_rate(self._groups, subnet, rate), self._steps_staying)

    def _adopt(self, subnet: str, rate: float) -> None:
        if self._start.groups[subnet].learning_rate == "auto":
            self._groups = at_rate(self._groups, subnet, rate)
