"""Variants are configurations that a file could hold."""

from typing import Any

import pytest

from models.heads.entire_space import EntireSpaceConfig
from models.ranking import RankingConfig
from tests.training.worlds import small_config
from training.comparison.variants import Variant, single_task, unchained, untuned, with_rate, with_seed, with_weights
from training.config import Config

LEARNED = {"embeddings", "shared", "heads.click", "heads.dwell", "heads.conversion", "weighting"}
OPTIMIZERS: dict[str, Any] = {
    "embeddings": {"kind": "rowwise_adagrad", "learning_rate": 0.2},
    "heads.*": {"kind": "adamw", "learning_rate": 2e-3},
    "heads.conversion": {"kind": "adamw", "learning_rate": 3e-4, "weight_decay": 0.1},
    "weighting": {"kind": "adamw", "learning_rate": 5e-2},
}


def config(**training: Any) -> Config:
    return small_config("logs", **training)


def found(variants: list[Variant], name: str) -> Variant:
    return next(variant for variant in variants if variant.name == name)


def test_a_single_task_keeps_everything_but_the_others() -> None:
    whole = config(optimizers=OPTIMIZERS)
    alone = single_task(whole, whole.tasks[2])
    assert [task.name for task in alone.tasks] == ["conversion"]
    assert not alone.tasks[0].reads
    assert (alone.features, alone.model, alone.data) == (whole.features, whole.model, whole.data)
    assert alone.tasks[0].tower == whole.tasks[2].tower
    assert set(alone.training.optimizers) == {"embeddings", "heads.*", "heads.conversion"}


def test_a_utility_is_kept_where_all_tasks_are() -> None:
    whole = config().model_copy(update={"ranking": RankingConfig(utility="click * conversion")})
    assert single_task(whole, whole.tasks[0]).ranking is None
    assert unchained(whole).ranking == whole.ranking


def test_no_optimizer_group_is_left_without_a_subnet() -> None:
    whole = config(optimizers=OPTIMIZERS)
    assert "heads.conversion" not in single_task(whole, whole.tasks[0]).training.optimizers
    assert set(with_weights(whole, {}).training.optimizers) == set(OPTIMIZERS) - {"weighting"}
    assert set(unchained(whole).training.optimizers) == set(OPTIMIZERS)


def test_one_rate_for_all_keeps_the_kinds_and_what_is_frozen() -> None:
    frozen = {**OPTIMIZERS, "heads.click": {"kind": "adamw", "learning_rate": 0}}
    made = with_rate(config(optimizers=frozen), 0.01, LEARNED).training.optimizers
    assert set(made) == LEARNED
    assert {name: each.learning_rate for name, each in made.items()} == {
        name: 0 if name == "heads.click" else 0.01 for name in LEARNED
    }
    assert made["embeddings"].kind == "rowwise_adagrad"
    assert made["heads.conversion"].weight_decay == 0.1


def test_unchained_tasks_keep_where_their_labels_count() -> None:
    assert [(task.reads, task.observed_when) for task in unchained(config()).tasks] == [
        ((), None),
        ((), "click"),
        ((), "click"),
    ]


def test_a_seed_changes_nothing_else() -> None:
    assert with_seed(config(), 7) == config(seed=7)


def test_all_baselines_of_a_chain_are_made() -> None:
    made = list(untuned(config()))
    assert [(variant.name, len(variant.parts)) for variant in made] == [
        ("single_task", 3),
        ("equal_weights", 1),
        ("unchained", 1),
    ]


@pytest.mark.parametrize("weights", [{}, {"click": 1.0}])
def test_a_variant_that_is_the_configured_model_is_left_out_with_a_reason(weights: dict[str, float]) -> None:
    fixed = config(weighting={"kind": "fixed", "weights": weights})
    assert "already" in (found(list(untuned(fixed)), "equal_weights").skipped_because or "")
    assert found(list(untuned(unchained(fixed))), "unchained").skipped_because is not None


def test_a_single_task_has_only_one_thing_to_be_compared_with() -> None:
    alone = single_task(config(), config().tasks[0])
    assert all(variant.skipped_because and not variant.parts for variant in untuned(alone))


def test_a_task_of_the_entire_space_learns_alone_where_its_label_counts() -> None:
    whole = config()
    conversion = whole.tasks[2].model_copy(update={"entire_space": EntireSpaceConfig()})
    assert conversion.needs == ("click",)
    alone = single_task(whole, conversion).tasks[0]
    assert not alone.needs
    assert (alone.reads, alone.observed_when) == ((), None)
