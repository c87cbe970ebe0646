"""Keeps a cache within its size."""

import re
import shutil
from pathlib import Path
from uuid import uuid4

from training.cache.config import CacheConfig
from training.cache.locks import FileLock

_LOCKS = "locks"
_GIB = 2**30
_ENTRY = re.compile(r"[0-9a-f]{32}")
"""Other things may lie in the folder."""


def lock_of(folder: Path, what: str) -> Path:
    """The file that locks an entry: `build` while it is made, `use` while it is read."""
    return folder.parent / _LOCKS / f"{folder.name}.{what}"


def prune(settings: CacheConfig) -> None:
    """Remove entries, the longest unused first, until all are within the size; one that is in use stays."""
    left = {entry: _size(entry) for entry in sorted(_entries(settings.path), key=_last_used)}
    total = sum(left.values())
    for entry, size in left.items():
        if total <= settings.max_gib * _GIB:
            break
        if _removed(entry):
            total -= size
    for partial in settings.path.glob(".*.partial"):
        _remove_left_over(partial)


def remove_partial(folder: Path) -> None:
    """Remove what a build of this entry left that was killed; the caller holds the entry's `build` lock."""
    for partial in folder.parent.glob(f".{folder.name}.*.partial"):
        shutil.rmtree(partial, ignore_errors=True)


def _entries(path: Path) -> list[Path]:
    return [folder for folder in path.iterdir() if folder.is_dir() and _ENTRY.fullmatch(folder.name)]


def _last_used(entry: Path) -> float:
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:  # another run removed it
        return 0.0


def _size(entry: Path) -> int:
    try:
        return sum(file.stat().st_size for file in entry.rglob("*"))
    except FileNotFoundError:
        return 0


def _removed(entry: Path) -> bool:
    lock = FileLock(lock_of(entry, "use"))
    try:
        if not lock.try_alone():
            return False
        gone = entry.with_name(f".{entry.name}.{uuid4().hex[:8]}.partial")
        entry.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
    except FileNotFoundError:
        return True
    else:
        return True
    finally:
        lock.release()


def _remove_left_over(partial: Path) -> None:
    """A folder that a killed run left; one that is being filled is locked."""
    name = partial.name.split(".")[1]
    if not _ENTRY.fullmatch(name):
        return
    lock = FileLock(lock_of(partial.with_name(name), "build"))
    if lock.try_alone():
        shutil.rmtree(partial, ignore_errors=True)
    lock.release()
