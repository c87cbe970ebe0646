"""Hive partitions of a log: folders named `column=value`, of which a run may read some and leave the others closed."""

from typing import NamedTuple
from urllib.parse import unquote

from pydantic import Field

from models.frozen import Frozen
from models.names import ColumnName


class PartitionsConfig(Frozen):
    """The section [data.partitions]: the only partitions that are read, as `threefold retrain` names them."""

    column: ColumnName
    """Of the folders, such as `date` for `date=2026-01-13`."""
    values: tuple[str, ...] = Field(min_length=1)
    """As the folders have them. Files of other partitions are not opened, whole or not."""

    def holds(self, path: str, base: str) -> bool:
        """Whether a file is in one of them."""
        found = partition_of(path, base, self.column)
        return found is not None and found.value in self.values


class PartitionFolder(NamedTuple):
    """Where a partition lies, and what its column says."""

    folder: str
    value: str


def partition_of(path: str, base: str, column: str) -> PartitionFolder | None:
    """The partition that a file is in; None where no folder above it names the column.

    Args:
        path: of the file.
        base: the folder below which partitions are named.
        column: of the partition.
    """
    parts = path.removeprefix(base).strip("/").split("/")
    for depth, part in enumerate(parts[:-1], start=1):
        name, separator, value = part.partition("=")
        if separator and name == column:
            return PartitionFolder("/".join([base.rstrip("/"), *parts[:depth]]), unquote(value))
    return None
