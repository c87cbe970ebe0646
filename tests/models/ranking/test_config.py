"""The section [ranking] in a model's configuration."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from models.config import ModelConfig

PLAIN: dict[str, Any] = {
    "features": [{"name": "item", "kind": "categorical", "scope": "candidate"}],
    "tasks": [
        {"name": "click", "kind": "binary", "label": "clicked"},
        {"name": "dwell", "kind": "duration", "label": "ms", "unit": "ms"},
    ],
}


def ranked(utility: str, **changes: Any) -> ModelConfig:
    return ModelConfig.model_validate({**PLAIN, **changes, "ranking": {"utility": utility}})


def test_there_is_none_unless_it_is_written() -> None:
    config = ModelConfig.model_validate(PLAIN)
    assert config.ranking is None
    assert config.utility is None


def test_it_survives_being_stored() -> None:
    config = ranked("click * dwell_median")
    again = ModelConfig.model_validate(json.loads(config.model_dump_json()))
    assert again == config
    assert str(again.utility) == "click * dwell_median"


def test_the_schema_changes_exactly_when_a_score_appears() -> None:
    plain = ModelConfig.model_validate(PLAIN)
    assert plain.schema_fingerprint != ranked("click").schema_fingerprint
    assert ranked("click").schema_fingerprint == ranked("click * dwell").schema_fingerprint


def test_a_model_of_before_there_was_ranking_is_still_one() -> None:
    stored = ModelConfig.model_validate(PLAIN).model_dump(mode="json")
    del stored["ranking"]
    assert ModelConfig.model_validate(stored) == ModelConfig.model_validate(PLAIN)


@pytest.mark.parametrize(
    ("utility", "message"),
    [
        ("klick * 2", r"is over fields of the answer; found 'klick': did you mean 'click'\?"),
        ("click * dwell_medium", r"found 'dwell_medium': did you mean 'dwell_median'\?"),
        ("price", r"found 'price': the fields are click, dwell, dwell_median"),
        ("Click", r"found 'Click': did you mean 'click'\?"),
        ("3 + 4", r"made of predictions; found none in `3 \+ 4`"),
        ("click *", r"found the end at character 8"),
    ],
)
def test_a_utility_that_fits_no_answer_is_refused(utility: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ranked(utility)


@pytest.mark.parametrize("name", ["score", "index"])
def test_a_task_may_not_take_the_name_of_the_score(name: str) -> None:
    tasks = [{"name": name, "kind": "binary", "label": "clicked"}]
    assert ModelConfig.model_validate({**PLAIN, "tasks": tasks}).prediction_names == (name,)
    with pytest.raises(ValidationError, match=f"a task that answers under {name}: rename"):
        ranked(name, tasks=tasks)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        ModelConfig.model_validate({**PLAIN, "ranking": {"utility": "click", "k": 3}})
