"""Which task reads which: an acyclic graph, checked when the configuration is read."""

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from models.errors import ConfigError
from models.heads import BinaryTask, Task


class TaskGraph:
    """Tasks in an order in which every task comes after all that it reads.

    Raises:
        ConfigError: a name or an answer's field used twice, an unknown task in `reads` or `observed_when`, a cycle.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        _check_names(tasks)
        self.tasks = {task.name: task for task in tasks}
        for task in tasks:
            self._check_references(task)
        self._refuse_cycle({task.name: [task.observed_when] for task in tasks if task.observed_when}, "observed_when")
        self.order = self._refuse_cycle({task.name: [edge.task for edge in task.reads] for task in tasks}, "reads")

    def _check_references(self, task: Task) -> None:
        known = ", ".join(self.tasks)
        read = [edge.task for edge in task.reads]
        for name in read:
            if name not in self.tasks:
                raise ConfigError(f"`reads` names tasks; task '{task.name}' reads '{name}', which is none of: {known}")
            if read.count(name) > 1:
                raise ConfigError(f"a task is read once; task '{task.name}' reads '{name}' twice: remove one")
        when = task.observed_when
        if when is not None and not isinstance(self.tasks.get(when), BinaryTask):
            found = f"a {self.tasks[when].kind}" if when in self.tasks else f"none of: {known}"
            raise ConfigError(
                f"`observed_when` names a binary task; task '{task.name}' names '{when}', which is {found}"
            )

    def _refuse_cycle(self, predecessors: dict[str, list[str]], setting: str) -> list[str]:
        sorter = TopologicalSorter({name: predecessors.get(name, []) for name in self.tasks})
        try:
            return list(sorter.static_order())
        except CycleError as error:
            circle = " -> ".join(reversed(error.args[1]))
            raise ConfigError(
                f"`{setting}` has no cycle; found {circle}, so no task could be computed first: remove one edge"
            ) from None


def _check_names(tasks: Sequence[Task]) -> None:
    if not tasks:
        raise ConfigError("a model has at least one task; found none: add a [[tasks]] section")
    fields = [field for task in tasks for field in task.prediction_names]
    twice = sorted({field for field in fields if fields.count(field) > 1})
    if twice:
        raise ConfigError(
            f"tasks answer under unique names (a duration also under NAME_median, NAME_low and NAME_high, a value also "
            f"under NAME_probability); found more than once: {', '.join(twice)}: rename a task"
        )
