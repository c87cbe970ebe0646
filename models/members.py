"""How the members of an ensemble lie in a batch: each row once for each member, a row's members side by side.

So row r of member k is at r x members + k. Whatever works row by row, like a head, works member by member too.
"""

from torch import Tensor


def for_each_member(rows: Tensor, num_members: int) -> Tensor:
    """Each row once for each member, [batch, ...] to [batch x members, ...]."""
    return rows if num_members == 1 else rows.repeat_interleave(num_members, dim=0)


def by_member(rows: Tensor, num_members: int) -> Tensor:
    """A dimension for the members, [batch x members, ...] to [batch, members, ...]."""
    return rows.reshape(-1, num_members, *rows.shape[1:])


def mean_of_members(rows: Tensor, num_members: int) -> Tensor:
    """The mean over the members of each row, [batch x members, width] to [batch, width].

    A loss that is convex in a head's output, as a log loss or a squared error is, is for this mean never above the
    mean of the members' losses.
    """
    return rows if num_members == 1 else by_member(rows, num_members).mean(dim=1)
