"""The section of `make e2e` in docs/results.md: a table by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.end_to_end.play import Day, Played
from benchmarks.end_to_end.retraining import HELD, PROMOTED, label

Losses = Mapping[str, float]


@dataclass(frozen=True)
class Compared:
    """One day's rows, predicted by two versions that have not seen them.

    Attributes:
        day: its name.
        daily: losses of the champion of the day before, by head.
        frozen: of the first version.
    """

    day: str
    daily: Losses
    frozen: Losses


def decisions(played: Played) -> list[str]:
    """Every day's decision, and what the service answered meanwhile."""
    lines = [
        "| day | decision | left out | champion | seconds | followed in | answers (old, new version) | failed "
        "| checked | wrong |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    before = played.first
    for day in played.days:
        followed = "" if day.followed is None else f"{day.followed:.1f} s"
        cells = [day.name, decision(day), ", ".join(day.left_out), f"`{day.champion}`"]
        cells += [f"{day.retrained.seconds:.0f}", followed]
        cells += [_shares(day, before), str(day.failures.total()), str(day.num_checked), str(len(day.wrong))]
        lines.append(f"| {' | '.join(cells)} |")
        before = day.champion
    return lines


def decision(day: Day) -> str:
    """Held says why: what was observed, and the limit that it passed."""
    failed = day.retrained.failed
    why = ", ".join(f"{label(each)} ({each['observed']:.3g}, limit {each['limit']:.3g})" for each in failed)
    return f"{day.retrained.decision}{f': {why}' if why else ''}"


def _shares(day: Day, before: str) -> str:
    total = day.versions.total()
    if day.champion == before:
        return f"{total:,}"
    return f"{total:,} ({day.versions[before] / total:.0%}, {day.versions[day.champion] / total:.0%})" if total else "0"


def freshness(compared: Sequence[Compared], names: Mapping[str, str]) -> list[str]:
    """Losses on each day of the version retrained the day before, beside those of the first one.

    Args:
        compared: one entry a day.
        names: of the heads in the table, with the name of their loss.
    """
    cells = [f"{head}, {loss}: {which}" for head, loss in names.items() for which in ("daily", "frozen", "less")]
    lines = [f"| rows of | {' | '.join(cells)} |", "|---" * (len(cells) + 1) + "|"]
    for each in compared:
        numbers = [_three(each.daily[head], each.frozen[head]) for head in names]
        lines.append(f"| {each.day} | {' | '.join(numbers)} |")
    means = [_three(fmean(e.daily[head] for e in compared), fmean(e.frozen[head] for e in compared)) for head in names]
    return [*lines, f"| **mean** | {' | '.join(means)} |"]


def _three(daily: float, frozen: float) -> str:
    return f"{daily:.4f} | {frozen:.4f} | {frozen - daily:+.4f}"


def totals(played: Played) -> str:
    """What has to be zero, and how much would have been noticed."""
    days = played.days
    answers = sum(day.versions.total() for day in days)
    failed, wrong = sum(day.failures.total() for day in days), sum(len(day.wrong) for day in days)
    checked, alike = sum(day.num_checked for day in days), sum(day.num_alike for day in days)
    swaps = sum(day.followed is not None for day in days)
    return (
        f"{answers:,} answers over {swaps} swaps; failed: {failed}; not what the named version predicts: {wrong} of "
        f"{checked:,} pairs of a request and a version ({alike} would have passed for the neighbour, too)."
    )


def broken(played: Played) -> list[str]:
    """What the play promises and did not keep."""
    found = []
    for day in played.days:
        if day.failures:
            found.append(f"{day.name}: failed answers {dict(day.failures)}")
        if day.wrong:
            found.append(
                f"{day.name}: {len(day.wrong)} answers were not what their version predicts: {'; '.join(day.wrong)}"
            )
        if day.retrained.code not in (PROMOTED, HELD):
            found.append(f"{day.name}: retrain ended with {day.retrained.decision}: {day.retrained.said[-500:]}")
        if not day.versions[day.champion]:
            found.append(f"{day.name}: the service did not follow, {day.versions.total()} answers name other versions")
    return found
