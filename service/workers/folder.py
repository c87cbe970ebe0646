"""A temporary folder that is gone with its process, whatever ended it: the next start takes away what was left."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir, mkdtemp

_PREFIX = "threefold-metrics-"
_LOCK = "lock"
_NEW_S = 60.0
"""A folder that nobody holds is left alone so long: its maker may be about to."""


@contextmanager
def metrics_folder() -> Iterator[Path]:
    """A folder for the metrics of one supervisor."""
    _remove_abandoned(Path(gettempdir()))
    folder = Path(mkdtemp(prefix=_PREFIX))
    try:
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the workers hold it too, as long as any of them lives
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime < _NEW_S:
                continue
            with (folder / _LOCK).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
        except OSError:
            continue  # held, somebody else's, or gone meanwhile
