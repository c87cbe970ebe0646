"""The section `train_speed` of docs/results.md."""

import statistics
from collections.abc import Iterator

from benchmarks.train_speed.runs import OURS, PEERS, PLAIN, TITLES, Answers
from benchmarks.train_speed.setting import BATCH, DIM, NUM_EXPERTS, SETTINGS, SIZES, TASKS, THREADS, Extent

ASKED = {"embedding-heavy": 5.0, "compute-heavy": 2.5}
"""How many times the best peer's rate."""


def section(found: Answers, extent: Extent) -> str:
    """The text."""
    return "\n".join([*_introduction(extent), "", *_rates(found), "", *_ours(found), "", *_losses(found, extent)])


def _introduction(extent: Extent) -> Iterator[str]:
    yield (
        f"MMoE with {NUM_EXPERTS} experts and {len(TASKS)} binary tasks on {len(SIZES)} categorical features with "
        f"{sum(SIZES.values()):,} ids in all, embeddings of {DIM}, batches of {BATCH:,}, {THREADS} threads, without a "
        f"GPU. All systems train on the same {extent.train:,} rows, in turns, each in a process of its own; a rate is "
        f"that of a window of {extent.window} steps, and the table has the median over the windows of {extent.rounds} "
        f"round{'s' * (extent.rounds > 1)} (in brackets the lowest and the highest). Threefold reads its cache on disk "
        f"and runs its whole loop with default options, telemetry and learned weights of the losses among them. The "
        f"libraries use loaders and trainers of their own, without regularisation of embeddings, which would slow them "
        f"down; the plain loop slices arrays in memory and has an `nn.Embedding` for each feature and Adam."
    )


def _rates(found: Answers) -> Iterator[str]:
    heads = [f"{setting}, experts {list(widths)}, rows/s" for setting, widths in SETTINGS.items()]
    yield "| system | version | " + " | ".join(heads) + " |"
    yield "|---|---|" + "---|" * len(SETTINGS)
    systems = next(iter(found.by_setting.values()))
    for system in systems:
        versions = found.by_setting[next(iter(SETTINGS))][system][0]["versions"]
        shown = ", ".join(f"{name} {number}" for name, number in versions.items())
        yield f"| {TITLES[system]} | {shown} | " + " | ".join(_rate(found, each, system) for each in SETTINGS) + " |"
    peers = [system for system in systems if system in PEERS]
    if OURS in systems and peers:
        yield "| Threefold over the best peer | | " + " | ".join(_over(found, each, peers) for each in SETTINGS) + " |"
    if {OURS, PLAIN} <= set(systems):
        yield (
            "| Threefold over the plain loop | | "
            + " | ".join(f"{_median(found, each, OURS) / _median(found, each, PLAIN):.1f}x" for each in SETTINGS)
            + " |"
        )


def _rate(found: Answers, setting: str, system: str) -> str:
    rates = found.rates(setting, system)
    return f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"


def _median(found: Answers, setting: str, system: str) -> float:
    return statistics.median(found.rates(setting, system))


def _over(found: Answers, setting: str, peers: list[str]) -> str:
    best = max(_median(found, setting, peer) for peer in peers)
    return f"{_median(found, setting, OURS) / best:.1f}x (asked for: {ASKED[setting]:g}x)"


def _ours(found: Answers) -> Iterator[str]:
    yield "| Threefold | of the bare passes' rate | waiting for data | rows/s of the bare passes |"
    yield "|---|---|---|---|"
    for setting, systems in found.by_setting.items():
        answers = systems.get(OURS, [])
        if answers:
            of_bare = statistics.median(answer["of_bare"] for answer in answers)
            waiting = statistics.median(answer["waiting"] for answer in answers)
            bare = statistics.median(rate for answer in answers for rate in answer["bare"])
            yield f"| {setting} | {of_bare:.0%} (asked for: 80%) | {waiting:.1%} (at most 5%) | {bare:,.0f} |"
    told = {answer["computed_by"] for systems in found.by_setting.values() for answer in systems.get(OURS, [])}
    yield ""
    yield (
        "The bare passes are forward and backward of the same network, in the same precision, on batches in memory, "
        f"without losses' weights and optimizers. Computed on {'; '.join(sorted(told))}."
    )


def _losses(found: Answers, extent: Extent) -> Iterator[str]:
    yield f"Log loss on {extent.test:,} later rows after the pass, mean over the seeds ± their standard deviation:"
    yield ""
    yield "| setting | system | " + " | ".join(TASKS) + " |"
    yield "|---|---|" + "---|" * len(TASKS)
    for setting, systems in found.by_setting.items():
        for system in (OURS, PLAIN):
            answers = systems.get(system, [])
            if answers:
                cells = [_spread([answer["log_loss"][task] for answer in answers]) for task in TASKS]
                yield f"| {setting} | {TITLES[system]} | " + " | ".join(cells) + " |"


def _spread(values: list[float]) -> str:
    mean = statistics.mean(values)
    return f"{mean:.4f} ± {statistics.stdev(values):.4f}" if len(values) > 1 else f"{mean:.4f}"
