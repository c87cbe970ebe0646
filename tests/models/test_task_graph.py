"""Who may read whom; what is refused says the rule, what was found and who is meant."""

from typing import Any

import pytest

from models.errors import ConfigError
from models.heads import BinaryTask, DurationTask, RegressionTask, Task
from models.task_graph import TaskGraph


def binary(name: str, **settings: Any) -> Task:
    return BinaryTask.model_validate({"name": name, "kind": "binary", "label": f"{name}_label", **settings})


def duration(name: str, **settings: Any) -> Task:
    return DurationTask.model_validate({"name": name, "kind": "duration", "label": f"{name}_label", **settings})


def number(name: str, **settings: Any) -> Task:
    return RegressionTask.model_validate({"name": name, "kind": "regression", "label": f"{name}_label", **settings})


def test_every_task_comes_after_all_that_it_reads() -> None:
    tasks = [binary("c", reads=["b", "a"]), duration("b", reads=["a"]), binary("a"), binary("z")]
    order = TaskGraph(tasks).order
    assert sorted(order) == ["a", "b", "c", "z"]
    assert all(order.index(edge.task) < order.index(task.name) for task in tasks for edge in task.reads)


def test_an_edge_stops_the_gradient_unless_told_otherwise() -> None:
    assert binary("a", reads=["b"]).reads[0].stop_gradient
    assert not binary("a", reads=[{"task": "b", "stop_gradient": False}]).reads[0].stop_gradient


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ([binary("a", reads=["a"])], r"`reads` has no cycle; found a -> a"),
        (
            [binary("a", reads=["c"]), binary("b", reads=["a"]), binary("c", reads=["b"])],
            r"`reads` has no cycle; found (a -> c -> b -> a|b -> a -> c -> b|c -> b -> a -> c), .*remove one edge",
        ),
        ([binary("a", observed_when="b"), binary("b", observed_when="a")], r"`observed_when` has no cycle; found "),
        ([binary("a", observed_when="a")], r"`observed_when` has no cycle; found a -> a"),
        ([binary("a", reads=["x"])], r"task 'a' reads 'x', which is none of: a"),
        ([binary("a"), binary("b", reads=["a", "a"])], r"task 'b' reads 'a' twice: remove one"),
        ([binary("a", observed_when="x")], r"task 'a' names 'x', which is none of: a"),
        ([duration("d"), binary("a", observed_when="d")], r"task 'a' names 'd', which is a duration"),
        ([number("r"), binary("a", observed_when="r")], r"task 'a' names 'r', which is a regression"),
        ([binary("a"), duration("a")], r"unique names .* found more than once: a: rename"),
        ([duration("d"), binary("d_median")], r"also under NAME_median.* found more than once: d_median"),
        ([], r"at least one task; found none"),
    ],
)
def test_what_is_refused(tasks: list[Task], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TaskGraph(tasks)


@pytest.mark.parametrize("name", ["Click", "1st", "a.b", "a-b", "", "a b", "x" * 65, "ä"])
def test_a_name_that_cannot_name_a_subnet_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        binary(name)
