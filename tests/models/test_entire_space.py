"""The setting `entire_space`: what it is by default, what it needs, and what is refused."""

import pytest

from models.heads import BinaryTask
from models.heads.entire_space import EntireSpaceConfig
from models.task_graph import TaskGraph

CONVERSION = {"name": "conversion", "kind": "binary", "label": "converted"}
CLICK = {"name": "click", "kind": "binary", "label": "clicked"}


def test_an_empty_table_corrects_and_stops_the_gradient() -> None:
    task = BinaryTask.model_validate({**CONVERSION, "observed_when": "click", "entire_space": {}})
    assert task.entire_space == EntireSpaceConfig()
    assert task.entire_space.correction == "ips"
    assert task.entire_space.stop_gradient


def test_only_a_task_over_the_entire_space_needs_another() -> None:
    settings = {**CONVERSION, "observed_when": "click"}
    assert BinaryTask.model_validate(settings).needs == ()
    task = BinaryTask.model_validate({**settings, "entire_space": {}})
    assert task.needs == ("click",)
    assert TaskGraph([BinaryTask.model_validate(CLICK), task]).order == ["click", "conversion"]


def test_a_task_that_is_always_observed_has_no_space_to_correct_for() -> None:
    with pytest.raises(ValueError, match=r"task 'conversion' has no `observed_when`: name the task"):
        BinaryTask.model_validate({**CONVERSION, "entire_space": {}})


@pytest.mark.parametrize("wrong", [{"correction": "dr"}, {"largest_weight": 0.5}, {"floor": 1}])
def test_what_is_no_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="entire_space"):
        BinaryTask.model_validate({**CONVERSION, "observed_when": "click", "entire_space": wrong})
