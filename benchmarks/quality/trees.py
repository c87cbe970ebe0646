"""What gradient-boosted trees get of the log: attributes, numbers, target encodings of ids, and lists reduced."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.coding import NUM_RESERVED, Coded
from benchmarks.quality.rows import Rows

FEW = 64
"""A feature with at most so many codes is given as it is; one with more is an id and is encoded."""
CROSSED_WITH = ("tab", "hour", "tag", "author_id", "music_id", "video_type", "duration_ms")
"""The user is crossed with each of them, and the video, its author and its tags with the tab: as far as a log has
such columns."""
Encoding = Callable[
    [NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]],
    tuple[NDArray[np.float64], NDArray[np.float64]],
]


@dataclass(frozen=True)
class Matrix:
    """Inputs of the trees.

    Attributes:
        values: [rows, columns].
        names: of the columns.
        categorical: the columns that hold codes.
        by_task: which columns the model of each task gets.
    """

    values: NDArray[np.float32]
    names: list[str]
    categorical: list[int]
    by_task: dict[str, list[int]]


def matrix(rows: Rows, data: Coded, encoding: Encoding, plain: bool) -> Matrix:
    """All columns of all rows.

    Args:
        rows: labels and days.
        data: the same rows in codes.
        encoding: `past_only` or `leave_one_out`.
        plain: without crosses, and a model gets the encodings of its own task's label and not those of the others.
    """
    few = {name: code for name, code in data.ids.items() if name not in data.numbers and data.sizes[name] <= FEW}
    columns = {**{n: c.astype(np.float32) for n, c in few.items()}, **data.numbers, **_of_lists(data)}
    task_of: dict[str, str] = {}
    keys, targets = id_keys(data, crossed=not plain), rows.targets()
    for index, task in enumerate(rows.labels):
        for name, key in keys.items():
            mean, count = encoding(key, targets[:, index], rows.train, rows.day)
            columns[f"{task} by {name}"] = mean
            task_of[f"{task} by {name}"] = task
            if index == 0:
                columns[f"rows of {name}"] = np.log1p(count)
    names = list(columns)
    by_task = {
        task: [i for i, name in enumerate(names) if not plain or task_of.get(name, task) == task]
        for task in rows.labels
    }
    values = np.stack([np.asarray(column, dtype=np.float32) for column in columns.values()], axis=1)
    return Matrix(values, names, [names.index(name) for name in few], by_task)


def id_keys(data: Coded, crossed: bool) -> dict[str, NDArray[np.int64]]:
    """What is encoded: ids, whole lists of tags, and crosses where wanted; numbers from 0, [rows]."""
    ids = {name: code for name, code in data.ids.items() if name not in data.numbers and data.sizes[name] > FEW}
    ids |= {name: _numbered(lists) for name, lists in data.lists.items() if name not in data.shares}
    crossable = data.ids | ids
    pairs = [("user_id", other) for other in CROSSED_WITH]
    pairs += list(product(("video_id", "author_id", "tag"), ("tab",)))
    for one, other in pairs if crossed else ():
        if one in crossable and other in crossable:
            ids[f"{one} x {other}"] = _numbered(np.stack([crossable[one], crossable[other]], axis=1))
    return ids


def _of_lists(data: Coded) -> dict[str, NDArray[np.float64]]:
    """Length of each list, and how often the row's own id is in a list of such ids."""
    columns = {f"length of {name}": (lists > 0).sum(axis=1).astype(np.float64) for name, lists in data.lists.items()}
    for name, owner in data.shares.items():
        own = np.where(data.ids[owner] >= NUM_RESERVED, data.ids[owner], -1)
        columns[f"{owner} in {name}"] = (data.lists[name] == own[:, None]).sum(axis=1).astype(np.float64)
    return columns


def _numbered(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number from 0 for each distinct row."""
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
