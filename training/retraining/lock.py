"""One run at a time: a lock that the kernel takes back from whoever is killed."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path


class AlreadyRunning(Exception):  # noqa: N818 - reads as what happened
    """Another process holds the lock; the text says which, and since when."""


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a file, which is made and never removed; it says who holds it.

    Raises:
        AlreadyRunning: another process does.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            raise AlreadyRunning(_holder(held.read())) from None
        held.truncate(0)
        held.write(json.dumps({"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}))
        held.flush()
        yield


def _holder(contents: str) -> str:
    """Who wrote the file; one who has only just come may not have."""
    try:
        found = json.loads(contents)
        return f"process {found['pid']} since {found['since']}"
    except (ValueError, KeyError, TypeError):
        return "a process that has just begun"
