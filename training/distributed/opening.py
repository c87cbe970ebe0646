"""Opens the states of a training of several processes, which all of them use together."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from uuid import uuid4

import torch.distributed as dist
from rich.console import Console

from models.errors import ConfigError
from training.distributed.agreement import told
from training.distributed.states import ShardedStates
from training.distributed.world import World
from training.pipeline import Prepared
from training.resume.fingerprint import fingerprint
from training.resume.lock import held
from training.resume.pruning import prune
from training.say import say

SEEN = ".seen"


@contextmanager
def states_of_ranks(
    world: World, prepared: Prepared, console: Console, *, fresh: bool
) -> Iterator[ShardedStates | None]:
    """The states of the training of this log as configured, however many processes made them; None where none are kept.

    Args:
        world: of this process.
        prepared: the log and its configuration.
        console: is told what a person should know.
        fresh: forget what an earlier run left.

    Raises:
        ConfigError: another run makes the very same training, or the hosts see different folders.
    """
    config = prepared.config.training.resume
    if not config.enabled:
        yield None
        return
    digest = told(fingerprint(prepared) if world.is_first else "")
    own = config.path / f"{prepared.config.name}-{digest[:16]}-shards"
    with ExitStack() as stack:
        if world.is_first:
            stack.enter_context(held(own))
            prune(own, config)
        token = told(uuid4().hex)
        if world.is_first:
            (own / SEEN).write_text(token, encoding="ascii")
        dist.barrier()
        seen = (own / SEEN).read_text(encoding="ascii") if (own / SEEN).is_file() else ""
        if seen != token:
            raise ConfigError(
                f"the states of a training lie in a folder that all of its processes see; process {world.rank} does "
                f"not find what the first one wrote into {own}: put [training.resume] folder on a volume that all "
                f"hosts share, or set its `enabled` to false"
            )
        states = ShardedStates(world, own, digest, partial(say, console))
        if fresh:
            states.clear()
        yield states
