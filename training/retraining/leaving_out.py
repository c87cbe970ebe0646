"""Partitions that runs leave out, since a check held them: one bad day does not hold all that come after it.

Each plan carries the whole list on, so that the newest run that is over has all of it.
"""

from collections.abc import Sequence

from training.retraining.identity import partition_mark
from training.retraining.judgement import Checked
from training.retraining.listing import Partition
from training.retraining.observation import failed
from training.retraining.order import Order
from training.retraining.plan import Plan
from training.retraining.refused import Refused
from training.retraining.sentence import held_because
from training.retraining.work import CHECKS, RunFolder


def refused_partitions(order: Order, partitions: Sequence[Partition]) -> tuple[Refused, ...]:
    """Those that are as they were when a check held them; none where a run is forced, which looks at all anew."""
    last = next((run for run in reversed(order.work.runs()) if run.outcome() is not None), None)
    if last is None or order.force:
        return ()
    there = {each.value: each for each in partitions}
    known = [each for each in _known_to(last) if each.value in there]
    return tuple(each for each in known if partition_mark(order, there[each.value]) == each.mark)


def _known_to(run: RunFolder) -> tuple[Refused, ...]:
    plan, checked = run.plan(), run.read(CHECKS, Checked)
    if plan is None:
        return ()
    return (*plan.refused, *(_refused_by(plan, checked) if checked else ()))


def _refused_by(plan: Plan, checked: Checked) -> list[Refused]:
    """Partitions that the checks of a run held: those that they name, or all new ones where one names none.

    The first rows of all are what later ones are compared with, so none of them is refused without a champion. Nor are
    rows because they are old, which says nothing of what is in them.
    """
    bad = [each for each in failed(checked.observations) if each.name != "staleness" or each.field is not None]
    if not bad or plan.champion is None:
        return []
    named = {each.field for each in bad}
    values = [value for value in plan.new if value in named] if named <= set(plan.new) else plan.new
    return [
        Refused(value=value, mark=plan.marks[value], run=plan.run, why=held_because(bad))
        for value in values
        if value in plan.marks
    ]
