"""What a model may be made of; refusals name the way out."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from models.config import ModelConfig
from models.features import Feature
from models.frozen import Frozen
from models.heads import Task
from models.trunks import TrunkConfig
from tests.models.tiny import FEATURES, MMOE, TASKS, config


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        config(**changes)
    return str(caught.value)


class TestConsistency:
    def test_a_label_is_never_a_feature(self) -> None:
        leak = {"name": "clicked", "kind": "numeric", "scope": "candidate"}
        assert "a label is never a feature; found clicked" in refused(features=[*FEATURES, leak])

    def test_feature_names_are_unique(self) -> None:
        assert "found more than once: item" in refused(features=[*FEATURES, FEATURES[3]])

    @pytest.mark.parametrize("shares", ["nothing", "age", "history", "tags"])
    def test_only_a_categorical_can_be_shared(self, shares: str) -> None:
        history = {"name": "views", "kind": "multi_categorical", "scope": "context", "shares": shares}
        message = refused(features=[*FEATURES, history])
        assert f"shares = '{shares}'" in message
        assert "use one of item, user" in message

    def test_shares_and_vocabulary_exclude_each_other(self) -> None:
        history = {"name": "views", "kind": "multi_categorical", "scope": "context", "shares": "item"}
        message = refused(features=[*FEATURES, {**history, "vocabulary": {"kind": "learned"}}])
        assert "sets both `shares` and `vocabulary`" in message

    @pytest.mark.parametrize("part", ["features", "tasks"])
    def test_nothing_is_too_little(self, part: str) -> None:
        assert part in refused(**{part: []})

    def test_the_task_graph_is_checked(self) -> None:
        assert "none of: click" in refused(tasks=[{**TASKS[0], "reads": ["dwell"]}])


class TestUnions:
    @pytest.mark.parametrize(
        ("union", "value", "kinds"),
        [
            (Feature, {"kind": "text"}, ["categorical", "multi_categorical", "numeric"]),
            (Task, {"kind": "ranking"}, ["binary", "duration", "regression"]),
            (TrunkConfig, {"kind": "transformer"}, ["shared_bottom", "mmoe"]),
        ],
    )
    def test_an_unknown_kind_lists_the_accepted_ones(self, union: Any, value: dict[str, str], kinds: list[str]) -> None:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(union).validate_python(value)
        assert all(f"'{kind}'" in str(caught.value) for kind in kinds)
        assert value["kind"] in str(caught.value)

    @pytest.mark.parametrize(
        "changes",
        [
            {"features": [{**FEATURES[0], "vocab": 3}]},
            {"tasks": [{**TASKS[0], "weight": 3}]},
            {"trunk": {**MMOE, "experts": 3}},
            {"embedding": {"width": 3}},
            {"optimizer": 3},
            {"tasks": [{**TASKS[0], "reads": [{"task": "x", "stop": True}]}]},
        ],
    )
    def test_extra_settings_are_refused(self, changes: dict[str, Any]) -> None:
        assert "Extra inputs are not permitted" in refused(**changes)

    @pytest.mark.parametrize(
        "changes",
        [
            {"embedding": {"dim": 0}},
            {"embedding": {"initial_std": 0}},
            {"embedding": {"initial_std": float("inf")}},
            {"trunk": {**MMOE, "num_experts": 0}},
            {"trunk": {**MMOE, "expert": {"widths": []}}},
            {"trunk": {**MMOE, "expert": {"widths": [8, 0]}}},
            {"trunk": {**MMOE, "expert": {"widths": [-8]}}},
            {"trunk": {**MMOE, "expert": {"widths": [8], "dropout": 1}}},
            {"trunk": {**MMOE, "expert": {"widths": [8], "activation": "tanh"}}},
            {"features": [{**FEATURES[0], "scope": "item"}]},
            {"features": [{**FEATURES[0], "name": ""}]},
            {"features": [{**FEATURES[5], "separator": "::"}]},
            {"features": [{**FEATURES[4], "num_buckets": 1}]},
        ],
    )
    def test_values_out_of_range_are_refused(self, changes: dict[str, Any]) -> None:
        refused(**changes)


class TestStored:
    def test_json_round_trip(self) -> None:
        assert ModelConfig.model_validate_json(config().model_dump_json()) == config()

    def test_a_config_is_immutable_all_the_way_down(self) -> None:
        whole = config()
        for part in (whole, whole.features[0], whole.tasks[1], whole.tasks[1].reads[0], whole.trunk, whole.embedding):
            assert isinstance(part, Frozen)
            with pytest.raises(ValidationError, match="frozen"):
                setattr(part, next(iter(type(part).model_fields)), None)

    def test_the_fingerprint_changes_with_requests_and_answers_alone(self) -> None:
        same = config(embedding={"dim": 8}, features=list(reversed(FEATURES)))
        assert same.schema_fingerprint == config().schema_fingerprint
        for changes in (
            {"features": FEATURES[:-1]},
            {"tasks": TASKS[:1]},
            {"features": [{**FEATURES[0], "scope": "candidate"}, *FEATURES[1:]]},
            {"features": [{"name": "user", "kind": "numeric", "scope": "context"}, *FEATURES[1:]]},
        ):
            assert config(**changes).schema_fingerprint != config().schema_fingerprint
