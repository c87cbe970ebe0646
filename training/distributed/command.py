"""What `threefold train` does in each process that `torchrun` started."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from rich.console import Console

from training.compute import chosen_device
from training.config import Config
from training.distributed.meeting import met
from training.distributed.opening import states_of_ranks
from training.distributed.run import prepare_in_turn, run_among
from training.distributed.supported import check_supported
from training.distributed.world import World
from training.observers import Observer
from training.pipeline import Run


@contextmanager
def trained_among(
    world: World,
    config: Config,
    console: Console,
    observers: Sequence[Observer],
    *,
    parent: Path | str | None = None,
    fresh: bool = False,
) -> Iterator[tuple[Run | None, Callable[[], None]]]:
    """Train with all other processes. They wait until the first one is through the block.

    Args:
        world: of this process.
        config: of the run.
        console: is told how it goes.
        observers: are told of the steps.
        parent: a checkpoint that is to be trained on, which one process alone does.
        fresh: start over, even where a killed training could go on.

    Yields:
        The finished run in the first process, None in the others; and what forgets its states, to be called when its
        version is written.

    Raises:
        ConfigError: a setting that several processes do not follow.
    """
    check_supported(config, parent)
    device = chosen_device(config.training.device)
    if device.type == "cuda":
        device = torch.device("cuda", world.local_rank)
    with met(world, device):
        prepared = prepare_in_turn(world, config, console)
        with states_of_ranks(world, prepared, console, fresh=fresh) as states:
            finished = run_among(world, device, prepared, console, observers, states)
            yield finished, (lambda: None) if states is None else states.clear
