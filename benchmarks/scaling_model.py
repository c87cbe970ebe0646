"""What a step of n hosts costs, on paper: compute, bytes and waits (docs/distributed.md has the formula in words)."""

from dataclasses import dataclass

WAIT_SECONDS = 30e-6
"""From one host to another and into the process, over TCP in one data centre."""
ALL_REDUCES = 3
"""A step: losses, shares of labels, gradients."""
ALL_TO_ALLS = 4
"""A step: how many ids, ids, rows, gradients of rows."""
FLOAT, ID = 4, 8


@dataclass(frozen=True)
class Host:
    """What one host does without the others.

    Attributes:
        name: what it is like.
        rate: rows a second that it trains alone.
    """

    name: str
    rate: float


@dataclass(frozen=True)
class Step:
    """A step of all hosts, in seconds; nothing overlaps, as in this implementation.

    Attributes:
        compute: forward, backward and optimizers of a host's slice.
        rows: ids out, rows back, gradients out.
        gradients: adding up the gradients of dense weights.
        waits: the time of exchanges however small.
    """

    compute: float
    rows: float
    gradients: float
    waits: float

    @property
    def seconds(self) -> float:
        return self.compute + self.rows + self.gradients + self.waits

    @property
    def efficiency(self) -> float:
        """The share of a step in which hosts compute."""
        return self.compute / self.seconds


def row_bytes(distinct: int, dim: int, hosts: int) -> float:
    """Bytes that a host sends in a step for rows of the table, and receives: those that lie with others.

    It sends ids and gradients of what it asks for, and on average as many rows as it asks for.
    """
    return distinct * (ID + 2 * FLOAT * dim) * (hosts - 1) / hosts


def gradient_bytes(dense: int, hosts: int) -> float:
    """Bytes that a host sends in a step to add up dense gradients in a ring, and receives."""
    return 2 * FLOAT * dense * (hosts - 1) / hosts


def step(host: Host, hosts: int, slice_rows: int, distinct: int, dim: int, dense: int, gigabits: float) -> Step:
    """The step of so many hosts, each with so many rows, joined by links of so many gigabits a second."""
    bandwidth = gigabits * 1e9 / 8
    return Step(
        slice_rows / host.rate,
        row_bytes(distinct, dim, hosts) / bandwidth,
        gradient_bytes(dense, hosts) / bandwidth,
        WAIT_SECONDS * (ALL_REDUCES * 2 * (hosts - 1) + ALL_TO_ALLS),
    )
