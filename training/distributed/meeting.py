"""Brings the processes of a training together, and lets them end together."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module

import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import _get_default_store

from models.errors import ConfigError, TrainingError
from training.distributed.world import World

MINUTES_VARIABLE = "THREEFOLD_PATIENCE_MINUTES"
PATIENCE_MINUTES = 30.0
"""How long a process waits for the others in one exchange: longer than reading a log's slowest file."""
_MOST = timedelta(days=30)
_DONE = "threefold/done"
_LOST = ("gloo", "connection", "nccl", "socket", "timed out", "broken pipe")


@contextmanager
def met(world: World, device: torch.device) -> Iterator[None]:
    """Inside the block the processes exchange tensors; it ends when the first process has ended it.

    Args:
        world: of this process.
        device: where its tensors are; on GPUs they travel by NCCL.

    Raises:
        ConfigError: what several processes need is not installed.
        TrainingError: another process has ended, or does not answer.
    """
    check_installed()
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "gloo" if device.type == "cpu" else "cpu:gloo,cuda:nccl"
    dist.init_process_group(backend, rank=world.rank, world_size=world.size, timeout=patience())
    try:
        yield
        if world.is_first:
            come_to(_DONE)
        else:
            wait_for([_DONE])
    except RuntimeError as error:
        if isinstance(error, TrainingError) or not _is_lost(error):
            raise
        raise TrainingError(
            f"the processes of a training answer each other; process {world.rank} of {world.size} lost another one: "
            f"{str(error).splitlines()[0]}. Look for the message of the process that ended first"
        ) from error
    dist.destroy_process_group()


def come_to(place: str) -> None:
    """Tell all who wait for it that this process has come to a place; a place is for one meeting."""
    _get_default_store().set(place, "1")


def wait_for(places: Sequence[str]) -> None:
    """Wait until somebody has come to each of the places, however long that takes.

    Not a barrier, which would give up: fitting an encoder or scoring a test window may take hours.
    """
    _get_default_store().wait(list(places), _MOST)


def patience() -> timedelta:
    """How long a process waits for the others.

    Raises:
        ConfigError: the environment variable holds no number above 0.
    """
    value = os.environ.get(MINUTES_VARIABLE, str(PATIENCE_MINUTES))
    try:
        minutes = float(value)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes < 1e6:
        raise ConfigError(f"{MINUTES_VARIABLE} is a number of minutes above 0; found '{value}': correct it")
    return timedelta(minutes=minutes)


def check_installed() -> None:
    """Refuse to go on without TorchRec.

    Raises:
        ConfigError: it, or what it needs, cannot be imported.
    """
    try:
        import_module("torchrec.distributed.model_parallel")
    except (ImportError, OSError) as error:
        raise ConfigError(
            f"a training of several processes needs TorchRec and FBGEMM; found: {error}. Install them as "
            f"docs/distributed.md says"
        ) from None


def _is_lost(error: RuntimeError) -> bool:
    return any(word in str(error).lower() for word in _LOST)
