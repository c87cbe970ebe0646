"""What each ingredient of examples/kuairand.toml brings: without it, or with one more; a section of docs/results.md.

KUAIRAND=folder/of/impressions python -m benchmarks.kuairand_ablation [--only VARIANT ...] [--seeds 5]

Differences are paired by seed. Finished trainings are kept in comparisons/kuairand_ablation, one file each, so an
interrupted run goes on where it was, and two processes may train different variants. The tables are made of all that
is finished of the configuration as it is.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.kuairand_trainings import FOLDER, NUM_SEEDS, Training, shipped, stored, trained
from benchmarks.kuairand_variants import SHIPPED, VARIANTS, Settings
from benchmarks.results_page import replace_section
from training.evaluation.evaluate import TaskEvaluation
from training.evaluation.interval import mean_interval

TITLES = {SHIPPED: "as shipped", **{each.name: each.title for each in VARIANTS}}
Measure = Callable[[Training], float]
Found = Mapping[str, Sequence[Training]]
"""By variant, its finished trainings."""


def order(task: TaskEvaluation) -> float:
    """AUC, or XAUC of a duration."""
    return float(task.metrics["xauc" if task.kind == "duration" else "auc"] or 0)


def loss(task: TaskEvaluation) -> float:
    """Log loss, or a duration's squared error of log1p seconds, over what always predicting the base rate has."""
    if task.kind == "duration":
        return _over_base(task, "rmse_log1p") ** 2
    return _over_base(task, "log_loss")


def _over_base(task: TaskEvaluation, metric: str) -> float:
    value, base = task.metrics[metric], task.base[metric]
    if value is None or not base:
        raise ValueError(
            f"a loss is told in units of the base rate's; found {metric} {value} over {base}: label more rows"
        )
    return value / base


def of_task(name: str, measure: Callable[[TaskEvaluation], float]) -> Measure:
    return lambda training: measure(training.evaluation.tasks[name])


def cell(variant: Sequence[Training], reference: Sequence[Training], measure: Measure) -> str:
    """The variant's mean less the reference's over the seeds that both have; bold where the interval excludes zero."""
    references = {each.seed: measure(each) for each in reference}
    leads = [measure(each) - references[each.seed] for each in variant if each.seed in references]
    interval = mean_interval(leads)
    if len(leads) < 2:
        return f"{interval.mean:+.4f}"
    text = f"{interval.mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"
    return f"**{text}**" if interval.excludes_zero else text


def table(found: Found, measures: Mapping[str, Measure]) -> list[str]:
    """The shipped configuration's means, and below them how far each variant is off."""
    reference = found[SHIPPED]
    means = [f"{mean_interval([measure(each) for each in reference]).mean:.4f}" for measure in measures.values()]
    lines = [
        f"| | seeds | {' | '.join(measures)} |",
        "|---" * (len(measures) + 2) + "|",
        f"| {TITLES[SHIPPED]} | {len(reference)} | {' | '.join(means)} |",
    ]
    seeds = {each.seed for each in reference}
    for name, trainings in found.items():
        if name != SHIPPED and (pairs := [each for each in trainings if each.seed in seeds]):
            cells = [cell(pairs, reference, measure) for measure in measures.values()]
            lines.append(f"| {TITLES[name]} | {len(pairs)} | {' | '.join(cells)} |")
    return lines


def section(found: Found) -> str:
    """Everything between the markers."""
    tasks = {name: task.kind for name, task in found[SHIPPED][0].evaluation.tasks.items()}
    orders = {f"{n} {'XAUC' if kind == 'duration' else 'AUC'}": of_task(n, order) for n, kind in tasks.items()}
    losses = {f"{name} loss": of_task(name, loss) for name in tasks}
    left = [TITLES[name] for name, trainings in found.items() if not trainings]
    parts = [
        ["**Validation score, and order on the test window**"],
        table(found, {"validation score": lambda training: training.score, **orders}),
        ["**Loss on the test window, in units of the base rate's**"],
        table(found, losses),
    ]
    if left:
        parts.append([f"Not trained: {'; '.join(left)}."])
    return "\n\n".join("\n".join(lines) for lines in parts)


def changed(settings: Settings) -> dict[str, Settings]:
    """The tables of the shipped configuration and of every variant."""
    return {SHIPPED: settings, **{each.name: each.of(settings) for each in VARIANTS}}


def run(settings: Settings, only: Sequence[str], num_seeds: int, folder: Path, console: Console) -> Found:
    """Train what is asked for and not finished yet; all that is finished."""
    every, seeds = changed(settings), range(num_seeds)
    for name in dict.fromkeys([SHIPPED, *only]):
        for training in trained(folder, name, every[name], seeds):
            console.print(f"{name}, seed {training.seed}: validation score {training.score:.4f}", soft_wrap=True)
    return {name: stored(folder, name, tables, range(NUM_SEEDS)) for name, tables in every.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kuairand_ablation")
    parser.add_argument("--only", nargs="+", choices=list(TITLES), default=list(TITLES), help="variants to train")
    parser.add_argument("--seeds", type=int, default=NUM_SEEDS, help="trainings of each, 1 to 5")
    asked = parser.parse_args()
    if not 1 <= asked.seeds <= NUM_SEEDS:
        parser.error(f"--seeds is 1 to {NUM_SEEDS}; found {asked.seeds}: choose another")
    console = Console()
    if (settings := shipped(console)) is None:
        return
    text = section(run(settings, asked.only, asked.seeds, FOLDER, console))
    replace_section("kuairand_ablation", text)
    console.print(text, markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
