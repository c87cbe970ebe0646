"""How the tasks pull at the representation that they share, over the steps."""

from collections.abc import Sequence
from itertools import combinations

from training.history import History
from training.report.figure import Picture
from training.report.noisy import Words, last_values, noisy_picture
from training.report.series import series
from training.telemetry.alarms.conflict import LIMIT as CONFLICT
from training.telemetry.alarms.starved_task import LIMIT as STARVED
from training.telemetry.between_tasks import pair_name

SHARE_SHOWS = (
    "Each task's share of the pull on what all tasks share: the norm of its weighted gradient there over the last ten "
    "readings, beside the sum of all. Where every label counts alike, one that few rows have pulls less. Good: no task "
    f"is near the red line ({STARVED:.0%}; less for a rare label), below which the trunk learns nothing for it."
)
RATIO_SHOWS = (
    "How many times as hard the first task of a pair pulls as the second. Good: steady, and within a factor of ten "
    "either way; the way out is another weighting, or losses in units of the base rate's."
)
COSINE_SHOWS = (
    "Whether two tasks pull the same rows in the same direction (1), in unrelated ones (0) or against each other (-1). "
    "Labels are mostly chance, so healthy pairs lie close to 0. Below the red line "
    f"({CONFLICT:g}) in ten readings in a row an alarm is raised: one task undoes what the other learns."
)


def between_tasks_pictures(history: History, tasks: Sequence[str]) -> list[Picture]:
    """What was read between tasks; nothing for one task alone."""
    shares = series(history.readings, lambda reading: reading.pull_shares)
    ratios = series(history.readings, lambda reading: reading.norm_ratios)
    ratios = {pair: curve for pair, curve in ratios.items() if curve.y.min() > 0}
    cosines = series(history.readings, lambda reading: reading.cosines)
    pairs = [pair_name(a, b) for a, b in combinations(tasks, 2)]
    pictures = []
    if shares:
        found = ", ".join(f"{task} {share:.0%}" for task, share in last_values(shares).items())
        words = Words("Pull of the tasks", "share of the pull", SHARE_SHOWS, f"At the end: {found}.")
        pictures.append(noisy_picture(shares, words, tasks, alarm_at=STARVED))
    if ratios:
        pair, ratio = max(last_values(ratios).items(), key=lambda item: max(item[1], 1 / item[1]))
        words = Words("Norm ratios", "pull, first / second", RATIO_SHOWS, f"Most unequal: {_unequal(pair, ratio)}.")
        pictures.append(noisy_picture(ratios, words, pairs, is_log=True))
    if cosines:
        pair, cosine = list(last_values(cosines).items())[-1]
        words = Words("Agreement of the tasks", "cosine", COSINE_SHOWS, f"Lowest at the end: {pair} with {cosine:.3f}.")
        pictures.append(noisy_picture(cosines, words, pairs, alarm_at=CONFLICT))
    return pictures


def _unequal(pair: str, ratio: float) -> str:
    first, second = pair.split(" / ")
    harder, other = (first, second) if ratio >= 1 else (second, first)
    return f"{harder} pulls {max(ratio, 1 / ratio):.1f} times as hard as {other} at the end"
