"""The simulator's benchmark: totals against the truth, what is trained, and verdicts that the numbers allow."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.simulated_quality import WORLDS, Job, totals
from benchmarks.simulated_quality_page import TASKS, Record, section
from training.simulation.table import TRUTH_COLUMNS


def record(captured: float, over_true: float) -> Record:
    """A training whose heads are all alike."""
    numbers = {"rows": 10, "over_observed": 1.0, "over_true": over_true, "plain_over_true": over_true, "chance": 0.01}
    head = {**numbers, "metrics": {"captured": captured, "coverage": 0.9}, "placements": {"home": numbers}}
    return {"seconds": 60.0, "steps": 1, "tasks": dict.fromkeys(TASKS, head)}


def test_the_truth_has_no_error_of_its_own_and_chance_shrinks_with_the_root_of_the_rows() -> None:
    random, found = np.random.default_rng(0), []
    for rows in (1_000, 100_000):
        truth = np.full(rows, 0.2)
        found.append(totals((random.random(rows) < truth).astype(float), truth, truth, 2 * truth))
    assert all(each["over_true"] == pytest.approx(1) and each["plain_over_true"] == pytest.approx(2) for each in found)
    assert found[0]["chance"] == pytest.approx(np.sqrt(0.8 / 0.2 / 1_000), rel=0.1)
    assert found[0]["chance"] / found[1]["chance"] == pytest.approx(10, rel=0.1)


@pytest.mark.parametrize("world", WORLDS)
def test_no_training_reads_the_truth_and_a_sampled_one_takes_as_many_steps(world: str) -> None:
    job, log = Job(world, 3, sampled=True), Path("log")
    whole, sampled = Job(world, 3, sampled=False).config(log), job.config(log)
    named = {feature.name for feature in whole.features} | {task.label for task in whole.tasks}
    assert not named & {column for column, _ in TRUTH_COLUMNS.values()}
    assert sampled.data.sampling is not None
    rate, keep = job.simulation.click_rate, sampled.data.sampling.keep
    assert sampled.training.batch_size / whole.training.batch_size == pytest.approx(rate + (1 - rate) * keep, rel=0.01)
    held_out = 2  # days: one validates, one tests
    assert (job.simulation.days - held_out) * job.simulation.impressions_per_day == 2_000_000


def test_other_seeds_worlds_and_samplings_have_files_of_their_own() -> None:
    jobs = [Job(world, seed, sampled) for world in WORLDS for seed in (0, 1) for sampled in (False, True)]
    assert len({job.file() for job in jobs}) == len(jobs)


def test_the_median_decides_and_single_seeds_are_counted() -> None:
    met = section({"established": [record(0.95, 1.0), record(0.91, 1.0), record(0.5, 1.2)]})
    assert "- at least 90% captured for click: met, median 0.910; 2 of 3 seeds." in met
    assert "- predicted/true of dwell 0.98-1.02: met, median 1.000; 2 of 3 seeds." in met
    missed = section({"established": [record(0.89, 1.05), record(0.95, 1.05), record(0.5, 1.0)]})
    assert "- at least 90% captured for click: missed, median 0.890; 1 of 3 seeds." in missed
    assert "- predicted/true of dwell 0.98-1.02: missed, median 1.050; 1 of 3 seeds." in missed


def test_base_rates_are_judged_on_the_sampled_training() -> None:
    whole, sampled = [record(0.9, 1.0)] * 3, [record(0.9, 1.02)] * 3
    text = section({"established": whole, "sampled": sampled})
    assert "- predicted/true, uncalibrated, of click within 1%: missed, median 1.020; 0 of 3 seeds." in text
