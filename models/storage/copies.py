"""Which fetched versions stay on the disk: those used last. Who follows a channel fetches one every night."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

KEPT = 3
"""With the one that is fetched just now: the one that serves, and one to go back to without a download."""
_COPY = re.compile(r"[^.].*\.[0-9a-f]{16}")
_PARTIAL = re.compile(r"\..*\.partial")
_ABANDONED_S = 3600.0
"""A store that does not answer is given up within minutes: what nobody wrote to for so long has no writer."""


def used(copy: Path) -> None:
    """A copy is about to be used."""
    with suppress(OSError):  # whoever may not write here removes nothing either
        os.utime(copy)


def make_room(folder: Path) -> None:
    """Remove all but the copies used last, before one more is fetched, and what killed processes left half written.

    A copy that some process still serves may be among them: its mapped files stay until that process lets them go.
    """
    newest_first = sorted(_entries(folder, _COPY), key=_changed_at, reverse=True)
    for copy in newest_first[KEPT - 1 :]:
        aside = copy.with_name(f".{copy.name}.{uuid4().hex[:8]}.partial")  # whole or gone, for whoever looks
        with suppress(OSError):
            shutil.rmtree(copy.rename(aside))
    for partial in _entries(folder, _PARTIAL):
        if time.time() - max(map(_changed_at, (partial, *partial.rglob("*")))) > _ABANDONED_S:
            shutil.rmtree(partial, ignore_errors=True)


def _entries(folder: Path, name: re.Pattern[str]) -> Iterator[Path]:
    if folder.is_dir():
        yield from (each for each in folder.iterdir() if name.fullmatch(each.name) and each.is_dir())


def _changed_at(path: Path) -> float:
    """By `time.time`; of what is gone meanwhile, now."""
    try:
        return path.stat().st_mtime
    except OSError:
        return time.time()
