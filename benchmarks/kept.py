"""Finished trainings of a benchmark, a JSON file each: an interrupted run goes on where it was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.atomic import whole_file

Record = dict[str, Any]


def kept(file: Path, measured: Callable[[], Record]) -> Record:
    """What an earlier run kept there; measured and kept now where there is nothing yet."""
    if not file.is_file():
        keep(file, measured())
    return read(file)


def keep(file: Path, record: Record) -> None:
    """Write a record; the file appears whole or not at all, its folder too."""
    with whole_file(file) as beside:
        beside.write_text(json.dumps(record, indent=1), encoding="utf-8")


def read(file: Path) -> Record:
    """A record as it was kept."""
    record: Record = json.loads(file.read_text(encoding="utf-8"))
    return record
