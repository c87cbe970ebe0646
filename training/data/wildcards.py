"""Globs over listed paths, for stores that cannot be globbed; they mean what Python's `glob` makes of them on disk."""

import glob
from collections.abc import Sequence
from fnmatch import fnmatchcase


def fixed_part(pattern: str) -> str:
    """The folder above the first wildcard."""
    parts: list[str] = []
    for part in pattern.split("/"):
        if glob.has_magic(part):
            break
        parts.append(part)
    return "/".join(parts) or ("/" if pattern.startswith("/") else "")


def matches(path: str, pattern: str) -> bool:
    """Whether a path is meant: no wildcard stands for a slash, but `**` for any number of folders."""
    return _match(path.split("/"), pattern.split("/"))


def _match(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_match(parts[start:], patterns[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _match(parts[1:], patterns[1:])
