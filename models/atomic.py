"""Files and folders that are either whole or not there: written beside, flushed to disk, renamed.

The name beside starts with a dot, so listings, globs and readers of partitioned logs pass it by.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from models.errors import ConfigError

_unfinished: set[Path] = set()
"""Folders that this process is filling."""
_URL = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)


def check_writable(folder: Path) -> None:
    """Make the folder if need be, and see that something can be written into it.

    Raises:
        OSError: it is a file, or may not be written to.
        ConfigError: it is a URL.
    """
    _refuse_url(folder)
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".{uuid4().hex[:8]}.probe"
    probe.touch()
    probe.unlink()


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a folder beside the target to fill; it becomes the target when the block ends well.

    Raises:
        FileExistsError: the target is there already; it is left as it was.
        ConfigError: the target is a URL.
    """
    _refuse_url(target)
    if target.exists():
        raise FileExistsError(f"{target} exists and is never changed: choose another name or remove it")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(target)
    _unfinished.add(beside)
    try:
        beside.mkdir()
        yield beside
        for path in [*beside.rglob("*"), beside]:
            _sync(path)
        beside.rename(target)
        _sync(target.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    finally:
        _unfinished.discard(beside)


def remove_unfinished() -> None:
    """Remove the folders that this process is filling: for one that ends without waiting for its own threads."""
    for beside in tuple(_unfinished):
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a path beside the target to write; it replaces the target when the block ends well.

    Raises:
        ConfigError: the target is a URL.
    """
    _refuse_url(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(target)
    try:
        yield beside
        _sync(beside)
        beside.replace(target)
        _sync(target.parent)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _refuse_url(target: Path) -> None:
    """An object store has no rename, and a URL that became a path would quietly be a local folder named `s3:`."""
    if target.parts and _URL.fullmatch(target.parts[0]):
        raise ConfigError(
            f"this is written to a local path; found the URL {target.parts[0]}//{'/'.join(target.parts[1:])}: name a "
            f"local one, and copy what is there afterwards"
        )


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{uuid4().hex[:8]}.partial")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
