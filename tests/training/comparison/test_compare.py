"""A whole comparison on a small world: fair, resumable, and silent where it knows nothing."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from models.errors import TrainingError
from tests.training.test_commands import threefold, toml
from tests.training.worlds import silent, small_config, write_world
from training.comparison import trainings
from training.comparison.compare import compare
from training.comparison.files import NUMBERS, PAGE, TRAININGS, write_comparison
from training.comparison.measures import ASPECTS
from training.comparison.results import Comparison
from training.config import Config

VARIANTS = ["single_task", "equal_weights", "unchained", "tuned_static", "one_global_rate"]


@pytest.fixture(scope="module")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("small") / "logs", days=3, rows_a_day=1_500)


def quick(log: Path, **training: Any) -> Config:
    return small_config(log, max_steps=3, telemetry_every=1, **training)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compared")


@pytest.fixture(scope="module")
def comparison(small_world: Path, folder: Path) -> Comparison:
    return compare(quick(small_world), 3, folder / TRAININGS, silent())


def test_every_variant_has_every_seed_and_every_task(comparison: Comparison) -> None:
    assert [row.variant.name for row in comparison.baselines] == VARIANTS
    for row in (comparison.configured, *comparison.baselines):
        assert not row.failures
        for task in comparison.config.tasks:
            for aspect in ASPECTS:
                assert list(row.numbers(task.name, aspect)) == [0, 1, 2]


def test_all_are_measured_on_the_same_rows(comparison: Comparison) -> None:
    """The single task's net has no click task, and its labels still count only where something was clicked."""
    for task in comparison.config.tasks:
        rows = (comparison.configured, *comparison.baselines)
        observed = {
            each.tasks[task.name].num_observed for row in rows for each in row.records if task.name in each.tasks
        }
        rates = {
            each.tasks[task.name].metrics.get("rate") for row in rows for each in row.records if task.name in each.tasks
        }
        assert len(observed) == len(rates) == 1
    assert comparison.configured.records[0].tasks["dwell"].num_observed < 1_000


def test_a_search_says_how_often_it_tried_and_its_choice_is_what_is_compared(comparison: Comparison) -> None:
    for row in comparison.baselines:
        assert (row.search is not None) == (row.variant.name in ("tuned_static", "one_global_rate"))
        if row.search is not None:
            assert row.search.chosen is not None
            assert len(row.search.trials) >= 6
            assert row.records[0].validation_score == row.search.chosen.score
    assert len(comparison.baselines[4].records[0].subnets) == 6


def test_an_equal_configuration_is_trained_once(comparison: Comparison, folder: Path) -> None:
    """The search for static weights begins with equal ones, which are a baseline already."""
    found = list((folder / TRAININGS).iterdir())
    trials = sum(len(row.search.trials) for row in comparison.baselines if row.search is not None)
    everything = sum(len(row.records) for row in (comparison.configured, *comparison.baselines)) + trials
    assert len({file.stem.rsplit("-", 1)[1] for file in found}) == len(found)
    assert len(found) <= everything - 3  # equal weights, and the first seed of each choice


def test_a_second_run_trains_nothing(
    comparison: Comparison, small_world: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainings, "fit", lambda *_: pytest.fail("trained again"))
    again = compare(quick(small_world), 3, folder / TRAININGS, silent())
    assert again.configured == comparison.configured
    assert again.baselines == comparison.baselines


def test_more_seeds_train_only_what_is_new(
    comparison: Comparison, small_world: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[int] = []

    def recorded(prepared: trainings.Prepared, *_: object) -> None:
        seeds.append(prepared.config.training.seed)
        raise TrainingError("not now")

    monkeypatch.setattr(trainings, "fit", recorded)
    monkeypatch.setattr(trainings.Records, "keep", lambda *_: None)
    compare(quick(small_world), 4, folder / TRAININGS, silent())
    assert set(seeds) == {3}


def test_the_command_writes_page_and_numbers_that_agree(
    comparison: Comparison, small_world: Path, folder: Path
) -> None:
    config = toml(folder / "small.toml", small_world, max_steps=3, telemetry_every=1)
    done = threefold("compare", config, "--output", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(folder / PAGE)
    assert done.stderr.count("done before") >= 35  # what the fixture trained
    numbers, page = json.loads((folder / NUMBERS).read_text()), (folder / PAGE).read_text()
    assert set(numbers["baselines"]) == set(VARIANTS)
    spoken = {
        each["verdict"]
        for baseline in numbers["baselines"].values()
        for task in baseline["differences"].values()
        for each in task.values()
    }
    assert set(re.findall(r'class="verdict \w+">([\w ]+)<', page)) == spoken
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)


def test_better_is_said_only_where_the_interval_excludes_zero(comparison: Comparison) -> None:
    for row in comparison.rivals:
        for task in comparison.config.tasks:
            for aspect in ASPECTS:
                found = comparison.against(row, task, aspect)
                assert found.interval is not None
                low, high = found.interval
                assert (found.verdict == "no difference shown") == (low <= 0 <= high)


def test_an_interrupted_comparison_keeps_what_was_trained(
    small_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit, calls = trainings.fit, []

    def interrupted(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return fit(*arguments)

    monkeypatch.setattr(trainings, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare(quick(small_world), 1, tmp_path, silent())
    assert len(list(tmp_path.iterdir())) == 3
    assert not list(tmp_path.glob(".*"))


@pytest.mark.usefixtures("comparison")
def test_a_training_that_fails_is_shown_with_its_reason_and_ends_nothing(
    small_world: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = trainings.fit
    shutil.copytree(folder / TRAININGS, tmp_path / TRAININGS, ignore=shutil.ignore_patterns("single_task*"))

    def failing(prepared: trainings.Prepared, *arguments: Any) -> Any:
        if len(prepared.config.tasks) == 1:
            raise TrainingError("losses are finite; the loss of <click> is inf")
        return fit(prepared, *arguments)

    monkeypatch.setattr(trainings, "fit", failing)
    found = compare(quick(small_world), 1, tmp_path / TRAININGS, silent())
    single = found.baselines[0]
    assert len(single.failures) == 3
    assert {found.against(single, task, "loss").verdict for task in found.config.tasks} == {"nothing to compare"}
    assert {found.against(found.baselines[1], task, "loss").verdict for task in found.config.tasks} == {
        "too few seeds to say"
    }
    write_comparison(tmp_path, found, "")
    page = (tmp_path / PAGE).read_text()
    assert page.count("the loss of &lt;click&gt; is inf") == 3
    assert 'class="verdict better"' not in page
    assert "fewer than 3 seeds" in page


def test_a_file_that_nobody_can_read_is_trained_again(
    comparison: Comparison, small_world: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in (folder / TRAININGS).iterdir():
        (tmp_path / file.name).write_text("{" if file.name.startswith("configured-seed0") else file.read_text())
    fit, calls = trainings.fit, []
    monkeypatch.setattr(trainings, "fit", lambda *arguments: calls.append(arguments) or fit(*arguments))
    again = compare(quick(small_world), 3, tmp_path, silent())
    assert len(calls) == 1
    one, two = again.configured.records[0], comparison.configured.records[0]
    assert one.tasks == two.tasks
