"""Opens the states of a training, for the one process that may use them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console

from models.atomic import check_writable
from training.resume.fingerprint import fingerprint
from training.resume.keeping import UNKEPT, Keeping, Kept
from training.resume.lock import held
from training.resume.pruning import prune
from training.resume.store import StateStore
from training.say import say

if TYPE_CHECKING:
    from training.pipeline import Prepared


@contextmanager
def kept_states(prepared: "Prepared", console: Console, *, fresh: bool) -> Iterator[Keeping]:
    """Keep states of the training of this log as configured, and hold them against any other process.

    Args:
        prepared: the log and its configuration, with automatic rates not yet found.
        console: is told what a person should know.
        fresh: forget what an earlier process left.

    Raises:
        ConfigError: another process trains the very same.
    """
    config = prepared.config.training.resume
    tell = partial(say, console)

    if not config.enabled:
        yield UNKEPT
        return
    try:
        check_writable(config.path)
    except OSError as error:
        tell(f"no training states are kept, a killed run begins anew: {error} ([training.resume] folder)")
        yield UNKEPT
        return
    digest = fingerprint(prepared)
    own = config.path / f"{prepared.config.name}-{digest[:16]}"
    with held(own):
        prune(own, config)
        store = StateStore(own, digest, tell)
        if fresh:
            store.clear()
        yield Kept(store, config, tell)
