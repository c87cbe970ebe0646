"""Gives the rows of a batch the estimates of other rows, and sees what that does to a reader's loss."""

from typing import NamedTuple

import torch
from torch import Tensor

from models.heads import Edge
from models.members import by_member, mean_of_members
from models.network import Network
from training.data.batches import TrainingBatch
from training.evaluation.foreseen import fitted

NUM_PERMUTATIONS = 8


class Gains(NamedTuple):
    """What the reader's loss gains, each a mean over the permutations.

    Attributes:
        received: by row that got another's estimate, [rows].
        given: by row whose estimate another one got, [rows].
    """

    received: Tensor
    given: Tensor


class WithoutEdge(NamedTuple):
    """One batch without one edge.

    Attributes:
        foreseen: share of the estimate's variance that is foreseen from all else that the reader gets.
        scrambled: with the whole estimate of another row.
        told: with only that of it which was not foreseen.
    """

    foreseen: float
    scrambled: Gains
    told: Gains


class Scrambler:
    """One batch: embeddings and trunk are computed once, the heads for each permutation.

    In an ensemble each member reads its own estimates: a member gets those of another row from the same member.

    Args:
        network: in evaluation mode.
        reader: whose loss is measured.
        rows: in which its label counts, in random order; an estimate is moved by whole numbers of rows, so no row
            keeps its own.
    """

    def __init__(self, network: Network, reader: str, rows: TrainingBatch) -> None:
        self._network = network
        self._reader = reader
        self._label = rows.labels[reader]
        x = network.embeddings(rows.inputs)
        self._representations = network.shared.split(network.shared.common(x), x)
        self._estimates: dict[str, Tensor] = {}
        self.as_is = self._losses({})
        """The loss of each row, [rows]."""

    def without(self, edge: Edge) -> WithoutEdge:
        """What the reader loses in this batch without what crosses an edge of its."""
        estimate = self._estimates[edge.task]
        foreseen = self._foreseen(edge, estimate)
        share = 1 - _spread(estimate - foreseen) / max(_spread(estimate), torch.finfo(torch.float64).tiny)
        return WithoutEdge(
            share, self._gains(edge, torch.zeros_like(estimate)), self._gains(edge, foreseen.to(estimate.dtype))
        )

    def _foreseen(self, edge: Edge, estimate: Tensor) -> Tensor:
        """What can be foreseen of the estimate, [rows x members, width], from all else that the reader gets.

        That is its own representation and its other estimates; and, as a fit has too few units to find out, what its
        tower makes of these: its output where the estimate is the mean, then where it is what was foreseen so far.
        """
        own = self._representations[list(self._network.graph.tasks).index(self._reader)]
        others = [each for task, each in self._estimates.items() if task != edge.task]
        known = torch.cat([own, *others, self._output({edge.task: self._mean(estimate)})], dim=1)
        so_far = self._fitted(known, estimate).to(estimate.dtype)
        return self._fitted(torch.cat([known, self._output({edge.task: so_far})], dim=1), estimate)

    def _mean(self, estimate: Tensor) -> Tensor:
        """The mean estimate of each member in all its rows, like the estimate."""
        members = by_member(estimate, self._network.num_members)
        return members.mean(dim=0).expand_as(members).flatten(0, 1)

    def _fitted(self, known: Tensor, estimate: Tensor) -> Tensor:
        """What is foreseen of the estimate, by a fit for each member."""
        num = self._network.num_members
        return torch.stack([fitted(known[k::num], estimate[k::num]) for k in range(num)], dim=1).flatten(0, 1)

    def _gains(self, edge: Edge, kept: Tensor) -> Gains:
        """The loss with `kept` of each row's own and the rest of another row's, less the loss as it is."""
        received, given = torch.zeros_like(self.as_is), torch.zeros_like(self.as_is)
        rest = self._estimates[edge.task] - kept
        for shift in _shifts(len(self.as_is)):
            another = rest.roll(shift * self._network.num_members, dims=0)
            gain = self._losses({edge.task: kept + another}) - self.as_is
            received += gain / NUM_PERMUTATIONS
            given += gain.roll(-shift) / NUM_PERMUTATIONS
        return Gains(received, given)

    def _losses(self, replaced: dict[str, Tensor]) -> Tensor:
        """The reader's loss of each row, [rows], with some estimates replaced."""
        output = mean_of_members(self._output(replaced), self._network.num_members)
        return self._network.head(self._reader).loss(output, self._label).double()

    def _output(self, replaced: dict[str, Tensor]) -> Tensor:
        """The reader's output, [rows x members, outputs], with some estimates replaced; notes what crosses first."""

        def hand(reader: str, edge: Edge, estimate: Tensor) -> Tensor:
            if reader != self._reader:
                return estimate
            self._estimates.setdefault(edge.task, estimate)
            return replaced.get(edge.task, estimate)

        return self._network.after_trunk(self._representations, hand)[self._reader]


def _spread(y: Tensor) -> float:
    """Variance of all outputs together."""
    return float(y.double().var(dim=0).sum())


def _shifts(num_rows: int) -> list[int]:
    """Different distances, spread evenly: each row gets the estimates of NUM_PERMUTATIONS other rows."""
    return [1 + number * (num_rows - 1) // NUM_PERMUTATIONS for number in range(NUM_PERMUTATIONS)]
