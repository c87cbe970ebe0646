"""A folder that one process alone works in; a killed process lets go of it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from models.errors import ConfigError

LOCK = ".lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make the folder if need be, and hold it. Whoever holds it may remove it with all that is in it.

    Raises:
        BlockingIOError: another process holds it.
    """
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = (folder / LOCK).open("a")
        except FileNotFoundError:
            continue  # it was removed in between
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_there(folder / LOCK, lock.fileno()):
                yield
                return


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder of a training's states.

    Raises:
        ConfigError: another run makes the very same training.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(alone(folder))
        except BlockingIOError:
            raise ConfigError(
                f"one process makes a training; another is making this very one, with its states in {folder}: wait for "
                f"it, or train with another seed or another [training.resume] folder"
            ) from None
        yield


def remove_if_free(folder: Path) -> bool:
    """Remove a folder that nobody holds; False where somebody does."""
    try:
        with alone(folder):
            shutil.rmtree(folder)
    except BlockingIOError:
        return False
    return True


def _is_there(path: Path, descriptor: int) -> bool:
    """Whether the open file is still the one of that name: who held it before may have removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
