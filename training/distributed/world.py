"""Which of how many processes this one is, as `torchrun` says in the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from models.errors import ConfigError

VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class World:
    """The processes of one training.

    Attributes:
        rank: of this process, from 0.
        size: how many there are.
        local_rank: of this process among those of its host.
        host: number of the host, from 0.
    """

    rank: int
    size: int
    local_rank: int = 0
    host: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this process speaks for all: it shows progress and writes the checkpoint."""
        return self.rank == 0

    @property
    def is_first_of_host(self) -> bool:
        """Whether this process does what a host needs only once."""
        return self.local_rank == 0


def launched(environment: Mapping[str, str] = os.environ) -> World | None:
    """The world that this process was started into; None where it is on its own.

    Raises:
        ConfigError: the environment says where the others are, but not who this one is.
    """
    held = [name for name in VARIABLES if name in environment]
    if "RANK" not in environment or "WORLD_SIZE" not in environment:
        return None
    if len(held) < len(VARIABLES):
        missing = ", ".join(sorted({*VARIABLES} - {*held}))
        raise ConfigError(
            f"a process of a distributed training has {', '.join(VARIABLES)} in its environment; found no {missing}: "
            f"start it by torchrun, or remove RANK and WORLD_SIZE to train in one process"
        )
    rank, size = _number(environment, "RANK"), _number(environment, "WORLD_SIZE")
    if "LOCAL_RANK" not in environment:
        return World(rank, size, local_rank=0, host=rank)  # one process a host
    return World(rank, size, _number(environment, "LOCAL_RANK"), _number(environment, "GROUP_RANK"))


def _number(environment: Mapping[str, str], name: str) -> int:
    value = environment.get(name, "nothing")
    if not value.isdecimal():
        raise ConfigError(f"{name} is a whole number; found '{value}': start the processes by torchrun")
    return int(value)
