"""Sees that all processes are about to train the same."""

from collections.abc import Mapping
from hashlib import sha256

import torch
import torch.distributed as dist

from models.errors import TrainingError


def check_agreed(found: Mapping[str, object]) -> None:
    """Compare what each process found; all of them call it together.

    Args:
        found: by name, what has to be the same everywhere; compared by its text.

    Raises:
        TrainingError: naming what differs.
    """
    digests = [int.from_bytes(sha256(str(value).encode()).digest()[:7]) for value in found.values()]
    own = torch.tensor(digests, dtype=torch.int64)
    lowest, highest = own.clone(), own.clone()
    dist.all_reduce(lowest, op=dist.ReduceOp.MIN)
    dist.all_reduce(highest, op=dist.ReduceOp.MAX)
    differing = [name for name, same in zip(found, (lowest == highest).tolist(), strict=True) if not same]
    if differing:
        raise TrainingError(
            f"all processes of a training read the same log by the same configuration; found differences in "
            f"{', '.join(differing)}: give every host the same files and the same configuration"
        )


def told(text: str) -> str:
    """A text of the first process, in all of them; they call it together."""
    raw = text.encode()
    size = torch.tensor([len(raw)])
    dist.broadcast(size, src=0)
    letters = torch.zeros(int(size), dtype=torch.uint8)
    if dist.get_rank() == 0:
        letters = torch.frombuffer(bytearray(raw), dtype=torch.uint8) if raw else letters
    if len(letters):
        dist.broadcast(letters, src=0)
    return letters.numpy().tobytes().decode()
