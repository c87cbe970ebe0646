"""The section of docs/results.md."""

from collections.abc import Sequence

import numpy as np

from benchmarks.swaps.judged import Judged

BAR_RATIO, BAR_ROLLBACK_S = 2.0, 5.0
_HEAD = (
    "| workers | requests | changes | failed | wrong | stale | connections cut | median, ms | p99, ms | "
    "during a change: median, ms | p99, ms | ratio of p99 |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
)
_FOLLOWED = (
    "| workers | swap, told: median, s | slowest, s | rollback, found by polling: median, s | slowest, s | "
    "MiB at the start | after 10 swaps | at the end |\n|---|---|---|---|---|---|---|---|"
)


def section(found: Sequence[Judged]) -> str:
    """The tables, and whether the bars were met."""
    worst = max(each.ratio for each in found)
    slowest = max(max(each.followed["rollback"], default=0.0) for each in found)
    return "\n".join(
        [
            _HEAD,
            *map(_answers, found),
            "",
            "Seconds until the last worker had followed, and what all processes hold together (proportional set size):",
            "",
            _FOLLOWED,
            *map(_followed, found),
            "",
            f"Nothing failed, wrong, stale or cut: **{'met' if all(each.is_sound for each in found) else 'missed'}**. "
            f"p99 during a change under {BAR_RATIO:g} times its usual: **{_met(worst, BAR_RATIO)}** ({worst:.2f}). "
            f"A rollback in under {BAR_ROLLBACK_S:g} s: **{_met(slowest, BAR_ROLLBACK_S)}** ({slowest:.1f} s).",
        ]
    )


def _answers(each: Judged) -> str:
    quiet, changing = (np.percentile(times, [50, 99]) * 1e3 for times in (each.quiet, each.changing))
    num_changes = sum(map(len, each.followed.values()))
    return (
        f"| {each.workers} | {each.num_requests:,} | {num_changes} | {each.num_failed} | {each.num_wrong} | "
        f"{each.num_stale} | {each.num_cut} | {quiet[0]:.1f} | {quiet[1]:.1f} | "
        f"{changing[0]:.1f} | {changing[1]:.1f} | {each.ratio:.2f} |"
    )


def _followed(each: Judged) -> str:
    cells = [
        f"{np.median(each.followed[kind] or [0.0]):.2f} | {max(each.followed[kind], default=0.0):.2f}"
        for kind in ("swap", "rollback")
    ]
    return f"| {each.workers} | {' | '.join(cells)} | {' | '.join(f'{mib:,.0f}' for mib in each.mib)} |"


def _met(found: float, bar: float) -> str:
    return "met" if found < bar else "missed"
