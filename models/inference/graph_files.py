"""The graphs of a checkpoint, as bytes: they are hashed, and later run, as they were read."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from models.inference.engines.names import FOLDER


def read_graphs(version: Path, files: Iterable[str]) -> dict[str, bytes]:
    """The bytes by file name, relative to the version, of those files that are graphs; the files were verified."""
    return {file: (version / file).read_bytes() for file in files if file.startswith(FOLDER)}


def write_graphs(version: Path, graphs: Mapping[str, bytes]) -> None:
    """Write what `read_graphs` reads."""
    (version / FOLDER).mkdir()
    for file, content in graphs.items():
        (version / file).write_bytes(content)
