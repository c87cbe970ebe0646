"""The parts of `make bench-kuairand` and `make bench-ablation` that are the benchmarks' own; no log is needed."""

from copy import deepcopy
from pathlib import Path

import pytest

from benchmarks.kuairand import section
from benchmarks.kuairand_ablation import cell, loss, of_task, order
from benchmarks.kuairand_ablation import section as ablation
from benchmarks.kuairand_bars import BARS, Bar, verdict
from benchmarks.kuairand_trainings import CONFIG, Training, file_of, stored, trained
from benchmarks.kuairand_variants import IDS, SHIPPED, VARIANTS, Settings, Variant
from tests.training.worlds import small_config
from training.config import read_settings, validated
from training.evaluation.by_kind import Metrics
from training.evaluation.evaluate import Evaluation, TaskEvaluation
from training.simulation import SimulationConfig, simulate

TASKS = ("click", "long_view", "dwell", "profile_enter", "like")


@pytest.fixture(scope="module")
def example() -> Settings:
    return read_settings(CONFIG)


def evaluation(lead: float) -> Evaluation:
    """All bars passed by so much; the ids have rows enough for the known and too few for the new."""
    tasks = {}
    for name in TASKS:
        kind = "duration" if name == "dwell" else "binary"
        metrics: Metrics = {bar.metric: bar.published for bar in BARS if bar.task == name}
        metrics = {m: (v or 0) + (-lead if m == "rmse_log1p" else lead) for m, v in metrics.items()}
        metrics["predicted_over_observed"] = 1.0
        base: Metrics = {"rmse_log1p": 1.0}
        if kind == "binary":
            metrics |= {"log_loss": 0.4 - lead, "normalised_entropy": 0.8}
            base = {"log_loss": 0.5}
        known: Metrics = {"num_observed": 900.0, **metrics}
        unseen: dict[str, dict[str, Metrics]] = {"user_id": {"known": known, "new": {"num_observed": 7.0}}}
        tab = {"tab": {"1": {"num_observed": 500.0, "rate": 0.4, **metrics}}}
        tasks[name] = TaskEvaluation(kind, 907, metrics, base, tab, unseen)
    return Evaluation("a day", 907, tasks)


def trainings(*leads: float) -> list[Training]:
    return [Training(seed, 0.8 - lead, 1_000, evaluation(lead)) for seed, lead in enumerate(leads)]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda each: each.name)
def test_a_variant_is_another_valid_configuration_and_leaves_the_shipped_one_alone(
    variant: Variant, example: Settings
) -> None:
    before = deepcopy(example)
    changed = validated(variant.of(example), variant.name)
    assert example == before
    assert changed != validated(example, SHIPPED)
    assert [task.name for task in changed.tasks] == list(TASKS)


def test_no_two_variants_are_the_same(example: Settings) -> None:
    every = [validated(each.of(example), each.name).model_dump_json() for each in VARIANTS]
    assert len(set(every)) == len(every)


def test_without_ids_nothing_is_left_of_them(example: Settings) -> None:
    (variant,) = [each for each in VARIANTS if each.name == "without_ids"]
    config = validated(variant.of(example), variant.name)
    named = {feature.name for feature in config.features} | {name for past in config.past_rates for name in past.of}
    assert not named & {*IDS, "watch_seq", "like_seq", "long_watch_seq"}
    assert "tab" in named


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ([0.742, 0.743, 0.744], "| **met** |"),
        ([0.733, 0.742, 0.750], "| met by the mean, the interval does not lie beyond it |"),
        ([0.7385, 0.739, 0.7395], "| missed |"),
    ],
)
def test_a_bar_is_met_where_the_whole_interval_passes_it(values: list[float], word: str) -> None:
    assert verdict(Bar("click", "auc", "click AUC", 0.732, margin=0.008), values).endswith(word)


def test_of_an_error_less_is_ahead() -> None:
    bar = Bar("dwell", "rmse_log1p", "RMSE", 0.914, lower_is_better=True)
    assert verdict(bar, [0.91, 0.911, 0.909]).endswith("| 3 of 3 | **met** |")
    assert verdict(bar, [0.92, 0.921, 0.919]).endswith("| 0 of 3 | missed |")


def test_a_number_equal_to_the_bar_is_not_ahead_of_it() -> None:
    assert verdict(Bar("click", "auc", "click AUC", 0.732), [0.732, 0.732]).endswith("| 0 of 2 | missed |")


def test_the_page_has_every_task_and_says_nothing_of_too_few_rows() -> None:
    text = section([evaluation(lead) for lead in (0.0098, 0.010, 0.0102)])
    assert all(f"| {name} |" in text for name in TASKS)
    assert text.count("**met**") == len(BARS)
    assert "| click | 900 | 0.7420 | 0.8000 | 7 |  |  |" in text


def test_differences_are_paired_by_seed() -> None:
    """Seeds differ by far more than the variant does, and the reference lacks none of them."""
    reference, variant = trainings(0.0, 0.1, 0.2), trainings(0.01, 0.11, 0.21)
    assert cell(variant, reference, of_task("click", order)) == "**+0.0100 [+0.0100, +0.0100]**"
    assert cell(variant[2:], reference, of_task("click", order)) == "+0.0100"
    noisy = trainings(0.02, 0.08, 0.2)
    assert not cell(noisy, reference, of_task("click", order)).startswith("**")


def test_losses_are_in_units_of_the_base_rate() -> None:
    tasks = evaluation(0.0).tasks
    assert loss(tasks["click"]) == pytest.approx(0.8)
    assert loss(tasks["dwell"]) == pytest.approx(0.914**2)


def test_the_ablation_tells_what_is_not_trained() -> None:
    text = ablation({SHIPPED: trainings(0.0, 0.1), "silu": trainings(0.02, 0.1), "ple": []})
    assert "| silu for relu | 2 | " in text
    assert text.endswith("Not trained: `ple` for the trunk.")


def test_what_is_stored_is_not_trained_again_and_another_setting_is_another_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = SimulationConfig(days=5, impressions_per_day=400, num_users=60, num_items=150, click_rate=0.3)
    simulate(world, tmp_path / "log")
    settings = small_config(tmp_path / "log").model_dump(mode="json")
    (first,) = trained(tmp_path / "kept", SHIPPED, settings, [3])
    assert first.seed == 3
    assert stored(tmp_path / "kept", SHIPPED, settings, range(5)) == [first]
    monkeypatch.setattr("benchmarks.kuairand_trainings.prepare", None)
    assert list(trained(tmp_path / "kept", SHIPPED, settings, [3])) == [first]
    training = settings["training"]
    other, reseeded = ({**settings, "training": {**training, **new}} for new in ({"patience": 1}, {"seed": 1}))
    assert file_of(tmp_path, SHIPPED, settings, 3) != file_of(tmp_path, SHIPPED, other, 3)
    assert file_of(tmp_path, SHIPPED, settings, 3) == file_of(tmp_path, SHIPPED, reseeded, 3)
