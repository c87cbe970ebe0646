"""Every weighting on a simulated log whose labels' scales are a factor of 1,000 apart, and tuned static weights.

    python -m benchmarks.weightings

Losses of the test window in units of the base rate's. With `loss_unit = "label"` a weighting gets nats and squares of
the label's unit, so equal weights hear the label in thousands alone; with "base_rate" no label's unit shows. Static
weights are tuned on the validation window of the first seed; they are the same model in either unit.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.results_page import PAGE, replace_section
from benchmarks.scaled_log import Outcome, Rows, train, write_log
from benchmarks.weightings_picture import draw
from training.comparison.tuning import Search, search_weights
from training.evaluation.interval import mean_interval

SEEDS, FEWER_SEEDS = range(5), range(3)
TASKS = ("click", "rating", "points")
BAR = 0.005
EQUAL: dict[str, Any] = {"kind": "fixed"}
LEARNED: dict[str, Any] = {"kind": "uncertainty"}
METHODS = ("upgrad", "pcgrad", "cagrad", "aligned_mtl")
OTHERS: dict[str, dict[str, Any]] = {
    **{kind: {"kind": kind} for kind in ("dwa", "gradnorm", "famo")},
    **{f"gradients, {method}": {"kind": "gradients", "method": method} for method in METHODS},
}
UNITS = ("label", "base_rate")
PICTURE = PAGE.parent / "images" / "weightings.svg"
Outcomes = Mapping[tuple[str, str], Sequence[Outcome]]

_rows: list[Rows] = []
"""Of this process; encoded once."""


def load(folder: Path) -> None:
    torch.set_num_threads(1)
    _rows.append(Rows.of(folder))


def run(seed: int, weighting: dict[str, Any], unit: str) -> Outcome:
    return train(_rows[0], seed, weighting=weighting, loss_unit=unit)


def search() -> Search:
    """Static weights by the validation loss of the first seed, all in units of the base rate's loss."""
    learned = run(SEEDS[0], LEARNED, "base_rate").history.readings[-1].weights

    def score(what: str, weights: Mapping[str, float]) -> float:
        found = run(SEEDS[0], {"kind": "fixed", "weights": dict(weights)}, "base_rate").history.validations
        best = min(validation.score for validation in found)
        print(f"{what:<45} {best:.4f}", flush=True)
        return best

    return search_weights(TASKS, learned, score)


def measured(folder: Path) -> tuple[Search, Outcomes]:
    """All trainings, in two processes."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=load, initargs=(folder,)) as pool:
        searched = pool.submit(search)
        made: dict[tuple[str, str], list[Future[Outcome]]] = {}
        for unit in UNITS:
            for name, weighting in {"equal": EQUAL, "uncertainty": LEARNED}.items():
                made[name, unit] = [pool.submit(run, seed, weighting, unit) for seed in SEEDS]
        for unit in UNITS:
            for name, weighting in OTHERS.items():
                made[name, unit] = [pool.submit(run, seed, weighting, unit) for seed in FEWER_SEEDS]
        found = searched.result()
        assert found.chosen is not None
        tuned = {"kind": "fixed", "weights": found.chosen.values}
        made["tuned static", "base_rate"] = [pool.submit(run, seed, tuned, "base_rate") for seed in SEEDS]
        return found, {key: _results(key, futures) for key, futures in made.items()}


def _results(key: tuple[str, str], futures: list[Future[Outcome]]) -> list[Outcome]:
    found = [future.result() for future in futures]
    print(*key, [{task: round(loss, 4) for task, loss in one.test.items()} for one in found], flush=True)
    return found


def table(outcomes: Outcomes) -> list[str]:
    lines = [f"| weighting | losses in | seeds | {' | '.join(TASKS)} |", "|---|---|---|" + "---|" * len(TASKS)]
    for unit in UNITS:
        for (name, of), found in outcomes.items():
            if of == unit:
                cells = [mean_interval([one.test[task] for one in found]).text(4) for task in TASKS]
                lines.append(f"| {name} | {unit.replace('_', ' ')} | {len(found)} | {' | '.join(cells)} |")
    return lines


def against_tuned(outcomes: Outcomes) -> list[str]:
    """Test losses over those of the tuned static weights, seed by seed."""
    tuned = outcomes["tuned static", "base_rate"]
    lines = [f"| loss over that of tuned static weights | {' | '.join(TASKS)} |", "|---|" + "---|" * len(TASKS)]
    highest: list[float] = []
    within = True
    for name, unit in (("uncertainty", "label"), ("uncertainty", "base_rate"), ("equal", "label")):
        changes = [
            mean_interval([a.test[task] / b.test[task] - 1 for a, b in zip(outcomes[name, unit], tuned, strict=True)])
            for task in TASKS
        ]
        cells = [f"{c.mean:+.2%} [{c.low:+.2%}, {c.high:+.2%}]" for c in changes]
        lines.append(f"| {name}, losses in {unit.replace('_', ' ')} | {' | '.join(cells)} |")
        if name == "uncertainty":
            within = within and all(change.mean <= BAR for change in changes)
            highest += [change.high for change in changes]
    verdict = "met" if within else "MISSED"
    return [
        *lines,
        "",
        f"Acceptance, `uncertainty` in the mean at most {BAR:.1%} above tuned static weights on every head: {verdict}. "
        f"The highest upper end of its intervals is {max(highest):+.2%}.",
    ]


def main() -> None:
    with TemporaryDirectory() as folder:
        found, outcomes = measured(write_log(Path(folder)))
    assert found.chosen is not None
    weights = ", ".join(f"{task} {weight:.2f}" for task, weight in found.chosen.values.items())
    draw(outcomes, TASKS, PICTURE)
    text = [
        *table(outcomes), "", *against_tuned(outcomes), "",
        f"Tuned static weights: {weights} ({found.chosen.what}; {len(found.trials)} trainings).", "",
        f"![Validation loss of each head over the steps](images/{PICTURE.name})",
    ]  # fmt: skip
    print("\n".join(text))
    replace_section("weightings", "\n".join(text))


if __name__ == "__main__":
    main()
