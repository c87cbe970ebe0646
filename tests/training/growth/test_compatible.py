"""Which configurations describe the network of a checkpoint."""

from typing import Any

import pytest

from models.config import ModelConfig
from models.errors import ConfigError
from tests.training.small import FEATURES, MODEL, TASKS
from training.growth.compatible import check_compatible


def model(**changes: Any) -> ModelConfig:
    return ModelConfig.model_validate({"features": FEATURES, "tasks": TASKS, **MODEL, **changes})


def changed(parts: list[dict[str, Any]], name: str, **settings: Any) -> list[dict[str, Any]]:
    return [{**part, **settings} if part["name"] == name else part for part in parts]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"features": changed(FEATURES, "user", vocabulary={"kind": "learned", "min_count": 3, "max_size": 9})},
        {"features": changed(FEATURES, "tags", vocabulary={"kind": "learned"}, id_dropout=0.3)},
        {"embedding": {"dim": 2, "dropout": 0.1, "initial_std": 0.01}},
        {"tasks": changed(TASKS, "click", calibration={"kind": "isotonic"})},
        {"ranking": {"utility": "click * dwell"}},
        {"tasks": changed(TASKS, "dwell", reads=[{"task": "click", "stop_gradient": False}])},
    ],
)
def test_what_does_not_change_the_meaning_of_weights_may_change(changes: dict[str, Any]) -> None:
    check_compatible("v1", model(), model(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"features": FEATURES[:-1]},
            "names of features: user, age, item, tags in the checkpoint, user, age, item here",
        ),
        ({"features": [*FEATURES[1:], FEATURES[0]]}, "names of features"),
        ({"features": changed(FEATURES, "age", encoding="quantile_buckets")}, "features.age.encoding: 'standardise'"),
        (
            {"features": changed(FEATURES, "tags", max_length=7)},
            "features.tags.max_length: 50 in the checkpoint, 7 here",
        ),
        (
            {"features": changed(FEATURES, "item", vocabulary={"kind": "hash", "num_buckets": 65})},
            "features.item.vocabulary.num_buckets: 64 in the checkpoint, 65 here",
        ),
        (
            {"features": changed(FEATURES, "user", vocabulary={"kind": "hash", "num_buckets": 65})},
            "features.user.vocabulary.kind: 'learned' in the checkpoint, 'hash' here",
        ),
        ({"crosses": [{"name": "pair", "of": ["user", "item"]}]}, "names of crosses"),
        ({"tasks": TASKS[:1]}, "names of tasks: click, dwell in the checkpoint, click here"),
        ({"tasks": changed(TASKS, "click", label="liked")}, "tasks.click.label: 'clicked'"),
        ({"tasks": changed(TASKS, "dwell", reads=[])}, "tasks.dwell.reads"),
        ({"embedding": {"dim": 4}}, "embedding.dim: 2 in the checkpoint, 4 here"),
        ({"trunk": {"kind": "shared_bottom", "mlp": {"widths": [5]}}}, "trunk.mlp.widths: 4 in the checkpoint, 5 here"),
        ({"trunk": {"kind": "mmoe"}}, "trunk.kind: 'shared_bottom' in the checkpoint, 'mmoe' here"),
        ({"past_rates": [{"of": ["user"]}]}, "past_rates"),
    ],
)
def test_another_network_is_refused_by_the_name_of_the_setting(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match="v1 is another one") as refused:
        check_compatible("v1", model(), model(**changes))
    assert said in str(refused.value)


def test_all_differences_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        check_compatible("v1", model(), model(embedding={"dim": 4}, tasks=TASKS[:1]))
    assert "embedding.dim" in str(refused.value)
    assert "names of tasks" in str(refused.value)
