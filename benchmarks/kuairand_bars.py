"""The published bars of KuaiRand, LightGBM with one model a task, and whether five seeds pass them."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.evaluation.interval import mean_interval


@dataclass(frozen=True)
class Bar:
    """What is to be passed.

    Attributes:
        task: whose.
        metric: by which number of `TaskEvaluation.metrics`.
        title: as people read it.
        published: LightGBM's.
        margin: by how much at the least; 0 asks to be ahead at all.
        lower_is_better: for errors.
    """

    task: str
    metric: str
    title: str
    published: float
    margin: float = 0.0
    lower_is_better: bool = False

    def lead(self, value: float) -> float:
        """How far a value is ahead of LightGBM's; below zero it is behind."""
        return self.published - value if self.lower_is_better else value - self.published


AHEAD = (
    Bar("click", "auc", "click AUC", 0.732),
    Bar("like", "auc", "like AUC", 0.872),
    Bar("profile_enter", "auc", "profile_enter AUC", 0.738),
    Bar("long_view", "auc", "long_view AUC", 0.732),
    Bar("dwell", "xauc", "dwell XAUC", 0.656),
    Bar("dwell", "rmse_log1p", "dwell RMSE of log1p seconds", 0.914, lower_is_better=True),
)
WELL_AHEAD = tuple(
    Bar(bar.task, bar.metric, bar.title, bar.published, margin=0.008)
    for bar in AHEAD
    if (bar.task, bar.metric) in (("click", "auc"), ("long_view", "auc"), ("dwell", "xauc"))
)
BARS = (*AHEAD, *WELL_AHEAD)
PUBLISHED = {(bar.task, bar.metric): bar.published for bar in AHEAD}


def verdict(bar: Bar, values: Sequence[float]) -> str:
    """One line: what was asked for, what was found, whether it is enough.

    The bar is met where the whole 95% interval of the mean passes it.
    """
    leads = [bar.lead(value) for value in values]
    interval = mean_interval(leads)
    asked = f"by {bar.margin:g} or more" if bar.margin else "at all"
    passed = sum(lead >= bar.margin if bar.margin else lead > 0 for lead in leads)
    found = f"{interval.mean:+.4f}"
    if len(leads) > 1:
        found += f" [{interval.low:+.4f}, {interval.high:+.4f}]"
    return f"| {bar.title} | {bar.published} | {asked} | {found} | {passed} of {len(leads)} | {_word(bar, leads)} |"


def _word(bar: Bar, leads: Sequence[float]) -> str:
    interval = mean_interval(leads)
    if interval.mean < bar.margin or (bar.margin == 0 and interval.mean == 0):
        return "missed"
    if interval.low >= bar.margin and interval.low > 0:
        return "**met**"
    return "met by the mean, the interval does not lie beyond it"
