"""Which files a path means."""

import glob
from pathlib import Path

from models.errors import DataError

_SUFFIXES = (".parquet", ".csv")


def find_files(path: str) -> tuple[list[Path], Path]:
    """The files meant by a path, and the folder below which partitions are named.

    Raises:
        DataError: there is none, or one is empty.
    """
    root = Path(path)
    if root.is_file():
        found, base = [root], root.parent
    elif root.is_dir():
        found = [p for p in sorted(root.rglob("*")) if p.is_file() and not _hidden(p.relative_to(root))]
        base = root
    else:
        base = _fixed_part(root)
        matched = [Path(p) for p in sorted(glob.glob(path, recursive=True))]  # noqa: PTH207
        found = [p for p in matched if p.is_file() and not _hidden(p.relative_to(base))]
    files = [p for p in found if p.suffix in _SUFFIXES]
    if not files:
        state = "no such folder or file" if not (root.exists() or found) else "no Parquet or CSV file in it"
        raise DataError(f"`data.path` names Parquet or CSV files; found {state}: {path}. Correct the path")
    for file in files:
        if file.stat().st_size == 0:
            raise DataError(f"a log file holds at least a header; {file} is empty (0 bytes): remove or replace it")
    return files, base


def _hidden(path: Path) -> bool:
    """Names that start with a dot or an underscore are not logs: files being written, sidecars."""
    return any(part.startswith((".", "_")) for part in path.parts)


def _fixed_part(pattern: Path) -> Path:
    """The folder above the first wildcard."""
    parts: list[str] = []
    for part in pattern.parts:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts) if parts else Path()


def one_format(path: str, files: list[Path]) -> str:
    """The suffix that all files have.

    Raises:
        DataError: there is more than one.
    """
    suffixes = sorted({file.suffix for file in files})
    if len(suffixes) > 1:
        raise DataError(f"logs are of one format; found {' and '.join(suffixes)} below {path}: keep one of them")
    return suffixes[0]
