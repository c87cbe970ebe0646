"""Which files a path or a URL means."""

import glob
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pyarrow.fs import FileInfo, FileSystem, LocalFileSystem

from models.errors import DataError
from models.storage.location import is_url, local_file
from training.data.partitions import PartitionsConfig
from training.data.remote import Remote
from training.data.wildcards import fixed_part, matches

_SUFFIXES = (".parquet", ".csv")


@dataclass(frozen=True)
class LogFiles:
    """The files of a log.

    Attributes:
        filesystem: that holds them.
        found: path in it, size and time of the last change of every file, in the order in which they are read.
        base: the folder below which partitions are named.
        remote: the object store; None where the files are local.
    """

    filesystem: FileSystem
    found: tuple[FileInfo, ...]
    base: str
    remote: Remote | None = None

    @property
    def paths(self) -> list[str]:
        """Where the files are, in their file system."""
        return [info.path for info in self.found]

    def shown(self, path: str) -> str:
        """The path, or the URL, that a person would use."""
        return path if self.remote is None else self.remote.url(path)


def find_files(path: str, partitions: PartitionsConfig | None = None) -> LogFiles:
    """The files meant by a folder, a glob or a file, or by a URL of one.

    Args:
        path: of the log.
        partitions: the only ones that are meant; None for all.

    Raises:
        DataError: there is none, one is empty, or an object store does not answer or refuses.
        ConfigError: the URL breaks a rule.
    """
    files = list_files(path)
    if partitions is not None:
        files = _of_partitions(path, files, partitions)
    for info in files.found:
        if info.size == 0:
            raise DataError(
                f"a log file holds at least a header; {files.shown(info.path)} is empty (0 bytes): remove or replace it"
            )
    return files


def list_files(path: str) -> LogFiles:
    """Like `find_files`, whatever is in them: somebody may be writing one of them.

    Raises:
        DataError: there is none, or an object store does not answer or refuses.
        ConfigError: the URL breaks a rule.
    """
    return _in_store(path) if is_url(path) and local_file(path) is None else _on_disk(path)


def read_beside(path: str, name: str) -> tuple[str, bytes] | None:
    """A file in the folder of a log, with its full name; None where there is none.

    Raises:
        DataError: an object store does not answer or refuses.
        OSError: a local file cannot be read.
    """
    local = local_file(path) if is_url(path) else Path(path)
    if local is None:
        return Remote.at(path).read(name)
    file = local / name
    return (str(file), file.read_bytes()) if file.is_file() else None


def one_format(path: str, files: LogFiles) -> str:
    """The suffix that all files have.

    Raises:
        DataError: there is more than one.
    """
    suffixes = sorted({suffix for each in files.paths for suffix in _SUFFIXES if each.endswith(suffix)})
    if len(suffixes) > 1:
        raise DataError(f"logs are of one format; found {' and '.join(suffixes)} below {path}: keep one of them")
    return suffixes[0]


def _of_partitions(path: str, files: LogFiles, partitions: PartitionsConfig) -> LogFiles:
    found = tuple(info for info in files.found if partitions.holds(info.path, files.base))
    if not found:
        raise DataError(
            f"a log is read from the partitions that [data.partitions] names; found none of {len(partitions.values)} "
            f"values of {partitions.column} below {path}: correct the values or the path"
        )
    return replace(files, found=found)


def _on_disk(path: str) -> LogFiles:
    root = (local_file(path) if is_url(path) else None) or Path(path)
    if root.is_file():
        base, found, logs = root.parent, [root], [root]
    else:
        if root.is_dir():
            base, found = root, sorted(root.rglob("*"))
        else:
            base, found = Path(fixed_part(str(root))), _globbed(str(root))
        logs = [p for p in found if p.is_file() and not _hidden(p.relative_to(base).parts)]
    paths = _of_logs(map(str, logs))
    _refuse_none(path, paths, is_there=root.exists() or bool(found))
    filesystem = LocalFileSystem()
    return LogFiles(filesystem, tuple(filesystem.get_file_info(paths)), str(base))


def _globbed(pattern: str) -> list[Path]:
    return [Path(path) for path in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207


def _in_store(url: str) -> LogFiles:
    remote = Remote.at(url)
    path, is_glob = remote.path, glob.has_magic(remote.path)
    itself = None if is_glob else remote.file()
    if itself is not None:
        base, found, logs = path.rpartition("/")[0], [itself], [itself]
    else:
        base = fixed_part(path)
        found = remote.below(base)
        meant = [info for info in found if not is_glob or matches(info.path, path)]
        logs = [info for info in meant if not _hidden(info.path.removeprefix(f"{base}/").split("/"))]
    by_path = {info.path: info for info in logs}
    # The orders of a folder and of a glob on disk, so that a log is the same rows from either place.
    paths = _of_logs(sorted(by_path, key=None if is_glob else _by_folder))
    _refuse_none(url, paths, is_there=bool(found))
    return LogFiles(remote.filesystem, tuple(by_path[each] for each in paths), base, remote)


def _by_folder(path: str) -> list[str]:
    return path.split("/")


def _refuse_none(path: str, files: list[str], is_there: bool) -> None:
    if not files:
        state = "no Parquet or CSV file in it" if is_there else "no such folder or file"
        raise DataError(f"`data.path` names Parquet or CSV files; found {state}: {path}. Correct the path")


def _of_logs(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path.endswith(_SUFFIXES)]


def _hidden(parts: Iterable[str]) -> bool:
    """Names that start with a dot or an underscore are not logs: files being written, sidecars."""
    return any(part.startswith((".", "_")) for part in parts)
