"""Paths of settings: what they reach, and what they are refused for."""

import copy
from typing import Any

import pytest

from models.errors import ConfigError
from tests.training.tuning.spaces import SPACE, config_of, given
from training.tuning.settings import config_with, parts_of, value_at
from training.tuning.space import check_space


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("training.batch_size", 17),
        ("model.trunk.num_experts", 7),
        ("model.trunk", {"kind": "shared_bottom", "mlp": {"widths": [3]}}),
        ("model.embedding.dim", 3),
        ("features.history.max_length", 3),
        ("tasks.dwell.tower.widths", [5, 4]),
        ("training.optimizers.shared.learning_rate", 0.25),
        ('training.optimizers."heads.click".learning_rate', 0.25),
        ('training.optimizers."heads.*".learning_rate', 0.25),
    ],
)
def test_a_value_arrives_at_its_path_and_nowhere_else(path: str, value: Any) -> None:
    settings = given("logs")
    before = copy.deepcopy(settings)
    config = config_of(settings)
    changed = config_with(settings, config, {path: value})
    found = value_at(changed, path)
    assert found["kind"] == value["kind"] if isinstance(value, dict) else found == value
    assert settings == before
    back = config_with(settings, changed, {path: value_at(config, path)})
    same = {"training": {"optimizers"}} if path.startswith("training.optimizers") else {}
    assert back.model_dump(exclude=same) == config.model_dump(exclude=same)


def test_a_table_that_the_file_leaves_out_begins_as_the_kind_that_holds_by_default() -> None:
    settings = given("logs")
    del settings["model"]["trunk"]
    config = config_of(settings)
    trunk = config_with(settings, config, {"model.trunk.num_experts": 2}).model.trunk
    assert trunk.kind == "mmoe"
    assert trunk == config.model.trunk.model_copy(update={"num_experts": 2})


def test_the_rate_of_a_head_keeps_what_a_pattern_says_of_all_heads() -> None:
    heads = {"kind": "adamw", "learning_rate": 0.1, "weight_decay": 0.5}
    settings = given("logs", optimizers={"heads.*": heads})
    path = 'training.optimizers."heads.click".learning_rate'
    groups = config_with(settings, config_of(settings), {path: 0.2}).training.optimizers
    assert groups["heads.click"].model_dump() == {**groups["heads.*"].model_dump(), "learning_rate": 0.2}


def test_a_quoted_key_may_hold_dots() -> None:
    assert parts_of('a."b.c".d') == ("a", "b.c", "d")


NUMBER = {"kind": "integer", "low": 2, "high": 3}


@pytest.mark.parametrize(
    ("space", "says"),
    [
        ({}, "found none"),
        ({"model.trunk.experts": NUMBER}, "model.trunk.mmoe.experts: no such setting"),
        ({"modle.trunk.num_experts": NUMBER}, "finds no table 'modle'"),
        ({"features.nobody.max_length": NUMBER}, "finds no table 'nobody'"),
        ({"training.optimizers.embedings.learning_rate": NUMBER}, "'embedings' has none"),
        ({'training.optimizers."heads.nobody".learning_rate': NUMBER}, "matches none of: heads.click"),
        ({"model..trunk": NUMBER}, "named by its keys"),
        ({"training.batch_size": {"kind": "integer", "low": 0, "high": 9}}, "training.batch_size = 0"),
        ({"model.trunk": {"kind": "choice", "values": [{"kind": "mmoe"}, {"kind": "none"}]}}, "model.trunk"),
        ({"model.trunk": {"kind": "choice", "values": [{"kind": "mmoe"}, {"kind": "shared_bottom"}]},
          "model.trunk.num_experts": NUMBER}, "lies within 'model.trunk'"),
        ({"model.trunk.num_experts": NUMBER, 'model.trunk."num_experts"': NUMBER}, "found one twice"),
        ({"data.split.validation": {"kind": "choice", "values": ["1d", "2d"]}}, "compared on the same rows"),
        ({"training.seed": NUMBER}, "compared on the same rows"),
        ({"training.validations_per_epoch": NUMBER}, "compared on the same rows"),
        ({"tasks.click.label": {"kind": "choice", "values": ["a", "b"]}}, "Of tasks, reads and tower"),
    ],
)  # fmt: skip
def test_a_wrong_space_is_refused_before_any_log_is_opened(space: dict[str, Any], says: str) -> None:
    settings = given("no/such/log", space)
    with pytest.raises(ConfigError, match="(?s)" + says.replace(".", r"\.")):
        check_space(settings, config_of(settings))


@pytest.mark.parametrize(
    ("parameter", "says"),
    [
        ({"kind": "float", "low": 2.0, "high": 1.0}, "from `low` up to `high`"),
        ({"kind": "log_float", "low": 0.0, "high": 1.0}, "greater than 0"),
        ({"kind": "choice", "values": [[1], [1]]}, "the values of a choice differ"),
        ({"kind": "gaussian"}, "'float', 'log_float', 'integer', 'choice'"),
    ],
)
def test_a_parameter_without_room_is_refused(parameter: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        config_of(given("logs", {"training.batch_size": parameter}))


def test_the_whole_space_of_these_tests_is_fine() -> None:
    settings = given("logs")
    check_space(settings, config_of(settings))
    assert set(SPACE) == set(config_of(settings).tuning.space)
