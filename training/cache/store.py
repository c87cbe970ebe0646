"""The folder of entries: finds the one that fits, or makes it, once for all processes."""

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from rich.console import Console

from models.atomic import whole_folder
from models.config import ModelConfig
from models.errors import ConfigError
from training.cache.config import CacheConfig
from training.cache.damage import DamagedEntry
from training.cache.entry import Entry, identity_of, open_entry
from training.cache.locks import FileLock
from training.cache.pruning import lock_of, prune, remove_partial
from training.say import say

Build = Callable[[Path], None]
NAME_LENGTH = 32


@dataclass(frozen=True)
class Found:
    """An entry, and whether it was there already."""

    entry: Entry
    was_there: bool


@dataclass(frozen=True)
class Store:
    """Entries of a cache.

    Args:
        settings: where they are, and how many.
        model: whose encoder an entry holds.
        console: is told what is waited for and thrown away.
    """

    settings: CacheConfig
    model: ModelConfig
    console: Console

    def found(self, fingerprint: str, build: Build, damaged: Entry | None = None, why: str = "") -> Found:
        """The entry of the fingerprint, made by `build` where it is not there or not whole.

        Args:
            fingerprint: of what the entry is made of.
            build: fills an empty folder.
            damaged: an entry that was found to be damaged while it was read; it is not used again.
            why: what is wrong with it.

        Raises:
            ConfigError: the folder cannot be written, or has no room.
        """
        try:
            if not self.settings.enabled:
                return self._private(build)
            folder = self.settings.path / fingerprint[:NAME_LENGTH]
            building = FileLock(lock_of(folder, "build"))
            try:
                return self._found(folder, building, build, damaged, why)
            finally:
                building.release()
        except OSError as error:
            raise ConfigError(
                f"`[data.cache] folder` can be written and has room for the encoded rows; {self.settings.path}: "
                f"{error.strerror or error}: name another folder, make room, or set enabled = false"
            ) from None

    def _found(self, folder: Path, building: FileLock, build: Build, damaged: Entry | None, why: str) -> Found:
        if not building.try_alone():
            say(self.console, "another run encodes this log: waiting for it")
            building.wait_alone()
        used = FileLock(lock_of(folder, "use"))
        used.wait_shared()
        if damaged is not None and identity_of(folder) == damaged.identity:
            self._throw_away(folder, why)
        entry = self._opened(folder)
        was_there = entry is not None
        if entry is None:
            remove_partial(folder)
            with whole_folder(folder) as beside:
                build(beside)
            entry = open_entry(folder, self.model)
        weakref.finalize(entry.train, used.release)
        os.utime(folder)
        prune(self.settings)
        return Found(entry, was_there)

    def _private(self, build: Build) -> Found:
        """An entry that nobody else sees: its files have no name any more, and go when they are closed."""
        folder = Path(tempfile.mkdtemp(prefix="threefold-rows-"))
        try:
            build(folder)
            return Found(open_entry(folder, self.model), was_there=False)
        finally:
            shutil.rmtree(folder)

    def _opened(self, folder: Path) -> Entry | None:
        if not folder.exists():
            return None
        try:
            return open_entry(folder, self.model)
        except DamagedEntry as damage:
            self._throw_away(folder, str(damage))
            return None

    def _throw_away(self, folder: Path, why: str) -> None:
        say(self.console, f"the cached rows in {folder} are damaged ({why}): made anew")
        gone = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}.partial")
        folder.rename(gone)
        shutil.rmtree(gone)
