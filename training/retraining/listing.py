"""Which partitions a log has, and which of them are complete."""

import time
from collections import defaultdict
from dataclasses import dataclass

from pyarrow.fs import FileInfo, FileType

from models.errors import DataError
from training.data.files import LogFiles, list_files
from training.data.partitions import partition_of
from training.retraining.complete import Completeness, LaterConfig, MarkerConfig, SettledConfig
from training.retraining.partition import Span, spans


@dataclass(frozen=True)
class Partition:
    """Files of one span of time.

    Attributes:
        span: of their rows.
        folders: that hold them: one, or several where another column was partitioned by first.
        files: in the order of their paths.
    """

    span: Span
    folders: tuple[str, ...]
    files: tuple[FileInfo, ...]

    @property
    def value(self) -> str:
        """Of the column."""
        return self.span.value

    @property
    def identity(self) -> list[list[str | int]]:
        """What tells other contents: names, sizes and times of change."""
        return [[info.base_name, info.size, info.mtime_ns] for info in self.files]


def complete_partitions(path: str, column: str, complete: Completeness) -> list[Partition]:
    """The complete partitions of a log, oldest first; no file is opened.

    Raises:
        DataError: there is no log, or no partition of that column, or one whose value is no span of time.
    """
    listed = list_files(path)
    found = _partitions(path, listed, column)
    match complete:
        case LaterConfig():
            return found[:-1]
        case MarkerConfig(file=marker):
            return [each for each in found if _is_marked(listed, each, marker)]
        case SettledConfig(minutes=minutes):
            before = (time.time() - minutes * 60) * 1e9
            return [each for each in found if max(info.mtime_ns for info in each.files) <= before]


def _partitions(path: str, listed: LogFiles, column: str) -> list[Partition]:
    files: dict[str, list[FileInfo]] = defaultdict(list)
    folders: dict[str, set[str]] = defaultdict(set)
    for info in listed.found:
        place = partition_of(info.path, listed.base, column)
        if place is not None:
            files[place.value].append(info)
            folders[place.value].add(place.folder)
    if not files:
        raise DataError(
            f"new data is found by partition, in folders named `{column}=...`; found none below {path}: correct "
            f"[retrain] partition, or write the log that way"
        )
    return [
        Partition(
            span, tuple(sorted(folders[span.value])), tuple(sorted(files[span.value], key=lambda info: info.path))
        )
        for span in spans(column, files)
    ]


def _is_marked(listed: LogFiles, partition: Partition, marker: str) -> bool:
    """Whether each of its folders has the marker; readers of logs pass such a file by."""
    asked = [f"{folder}/{marker}" for folder in partition.folders]
    return all(info.type is FileType.File for info in listed.filesystem.get_file_info(asked))
