"""Cold start: a model with ids on users and items that it has never seen, beside a model without these ids.

KUAIRAND=folder/of/impressions python -m benchmarks.cold_start [--seeds 5] [--log simulated] [--log kuairand]

For each log and each of its ids: the AUC of click on the test rows whose id is new to the model, and on those whose id
it knows. The baseline is trained without this id and without the lists that share its table, and is scored on the same
rows: a model with the id is to be no worse where it does not know it. Differences are paired by seed.
"""

import argparse
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.results_page import replace_section
from models.features import CategoricalFeature, MultiCategoricalFeature
from training.config import Config, load_config
from training.evaluation.binary import binary_metrics
from training.evaluation.interval import mean_interval
from training.evaluation.known import KNOWN, NEW
from training.evaluation.scored import Scored
from training.evaluation.unseen import FEWEST_ROWS
from training.pipeline import run
from training.simulation import SimulationConfig, simulate

EXAMPLES = Path(__file__).parent.parent / "examples"
DROPOUTS = (0.0, 0.05, 0.2)
TASK = "click"
LOGS = ("simulated", "kuairand")
WORLD = {
    "days": 10, "impressions_per_day": 20_000, "num_users": 3_000, "num_items": 600, "click_rate": 0.15,
    "new_user_share": 0.05, "new_item_share": 0.1,
}  # fmt: skip
GROUPS = {"new": NEW, "known": KNOWN}


@dataclass(frozen=True)
class Log:
    """A log, the ids whose cold start is measured, and its configuration by seed."""

    title: str
    ids: tuple[str, ...]
    config: Config


def without(config: Config, name: str) -> Config:
    """The configuration but for an id and all that is made of it: what shares its table, its crosses and past rates."""
    features = tuple(
        feature
        for feature in config.features
        if feature.name != name
        and not (isinstance(feature, CategoricalFeature | MultiCategoricalFeature) and feature.shares == name)
    )
    return config.model_copy(
        update={
            "features": features,
            "crosses": tuple(cross for cross in config.crosses if name not in cross.of),
            "past_rates": tuple(past for past in config.past_rates if name not in past.of),
        }
    )


def with_dropout(config: Config, ids: Sequence[str], share: float) -> Config:
    """The configuration, with these ids dropped now and then in training."""
    features = tuple(
        feature.model_copy(update={"id_dropout": share}) if feature.name in ids else feature
        for feature in config.features
    )
    return config.model_copy(update={"features": features})


def scored(config: Config, unseen: Sequence[str]) -> Scored:
    evaluation = config.evaluation.model_copy(update={"unseen": tuple(unseen), "slice_by": (), "group_by": None})
    return run(config.model_copy(update={"evaluation": evaluation}), Console(file=io.StringIO())).scored


def auc(of: Scored, rows: NDArray[np.bool_]) -> float:
    """Of the task on some rows; NaN where they have one outcome only."""
    found = binary_metrics(of.labels[TASK][rows], of.predictions[TASK][rows])["auc"]
    return float("nan") if found is None else found


@dataclass(frozen=True)
class Found:
    """One seed: by id and group, the rows, each dropout's AUC, and the AUC without the id on the same rows."""

    rows: Mapping[tuple[str, str], int]
    with_id: Mapping[tuple[str, str], Mapping[float, float]]
    without_id: Mapping[tuple[str, str], float]


def measured(log: Log, seed: int, console: Console) -> Found:
    config = log.config.with_overrides(seed=seed)
    full = {share: scored(with_dropout(config, log.ids, share), log.ids) for share in DROPOUTS}
    rows, with_id, without_id = {}, {}, {}
    for name in log.ids:
        bare = scored(without(config, name), ())
        for group, code in GROUPS.items():
            mask = full[DROPOUTS[0]].knowledge[name] == code
            rows[name, group] = int(mask.sum())
            with_id[name, group] = {share: auc(found, mask) for share, found in full.items()}
            without_id[name, group] = auc(bare, mask)
    console.print(f"{log.title}: seed {seed} done")
    return Found(rows, with_id, without_id)


def table(log: Log, found: Sequence[Found]) -> str:
    heads = " | ".join(f"id_dropout {share:g}, less without" for share in DROPOUTS)
    lines = [
        f"{log.title}: {len(found)} seed{'s' * (len(found) > 1)}.\n",
        f"| rows whose | number | AUC without the id | {heads} |",
        f"|---|---|---|{'---|' * len(DROPOUTS)}",
    ]
    for name in log.ids:
        for group in GROUPS:
            key = (name, group)
            number = f"{np.mean([each.rows[key] for each in found]):,.0f}"
            if min(each.rows[key] for each in found) < FEWEST_ROWS:
                lines.append(f"| `{name}` is {group} | {number} | too few rows |{' |' * len(DROPOUTS)}")
                continue
            bare = [each.without_id[key] for each in found]
            gains = [
                mean_interval([each.with_id[key][share] - each.without_id[key] for each in found]).text(4)
                for share in DROPOUTS
            ]
            lines.append(f"| `{name}` is {group} | {number} | {np.mean(bare):.4f} | {' | '.join(gains)} |")
    return "\n".join(lines)


def kuairand(console: Console) -> Log | None:
    config = load_config(EXAMPLES / "kuairand.toml")
    path = os.environ.get("KUAIRAND", config.data.path)
    if not Path(path).is_dir():
        console.print(f"skipped: no KuaiRand impressions at {path}. Set KUAIRAND to their folder", soft_wrap=True)
        return None
    return Log("KuaiRand", ("user_id", "video_id"), config.with_overrides(data=path))


def simulated(folder: Path) -> Log:
    simulate(SimulationConfig.model_validate(WORLD), folder)
    config = load_config(EXAMPLES / "simulated.toml").with_overrides(data=str(folder))
    return Log("Simulated, new users and items each day", ("user_id", "item_id"), config)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--log", action="append", choices=LOGS, help="only this one; the page is left as it is")
    arguments = parser.parse_args()
    console = Console()
    tables = []
    with TemporaryDirectory() as folder:
        for name in arguments.log or LOGS:
            log = simulated(Path(folder) / "log") if name == "simulated" else kuairand(console)
            if log is not None:
                tables.append(table(log, [measured(log, seed, console) for seed in range(arguments.seeds)]))
    text = "\n\n".join(tables)
    console.print(text, markup=False, soft_wrap=True)
    if len(tables) == len(LOGS):
        replace_section("cold_start", text)


if __name__ == "__main__":
    main()
