"""Removes the states of trainings that nobody went on with."""

import time
from contextlib import suppress
from pathlib import Path

from training.resume.config import ResumeConfig
from training.resume.lock import LOCK, remove_if_free

_DAY, _GIB = 86_400, 2**30


def prune(own: Path, config: ResumeConfig) -> None:
    """Remove states beside one's own that are too old, then the oldest until the others are no larger than allowed.

    A folder that a process holds is left alone, and so is one that this process may not change.

    Args:
        own: the folder of the training that is about to begin.
        config: the bounds.
    """
    others = [path for path in own.parent.iterdir() if path != own and (path / LOCK).is_file()]
    oldest_kept = time.time() - config.keep_days * _DAY
    room = config.keep_gib * _GIB
    for changed, size, path in sorted((*_measured(path), path) for path in others)[::-1]:
        room -= size
        if changed < oldest_kept or room < 0:
            with suppress(OSError):
                remove_if_free(path)


def _measured(folder: Path) -> tuple[float, int]:
    """Time of the last change, in seconds since 1970, and bytes; another process may be removing it meanwhile."""
    changed, size = 0.0, 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            found = path.stat()
            changed, size = max(changed, found.st_mtime), size + found.st_size
    return changed, size
