"""The sections of docs/results.md that `make bench-serve` writes."""

from collections.abc import Sequence

from benchmarks.serving.bars import Judged, least, most
from benchmarks.serving.batching import Batched
from benchmarks.serving.forms import FORMS
from benchmarks.serving.ratios import Measured, Ratios
from benchmarks.serving.stages import STAGES, Staged
from benchmarks.serving.system import SPLIT_ROWS
from benchmarks.serving.tail import BLOCKS, SHARE, Tail

BARS = {("float32", "split_rows"): 5.5, ("int8", "split_rows"): 9.0, ("float32", "rows"): 4.2}
MOST_OVER_FLOOR, MOST_SPREAD = 1.3, 3.0
JUDGED_ROWS = 100


def ratio_bars(found: Ratios) -> list[Judged]:
    """Ours against the baseline, and against each peer with our engine.

    There ours is asked in its first form, and in the peer's where that is another one that it takes, too.
    """
    bars = [
        least(f"{precision}, {each.form.title}, over (a)", each.ratio, bar, "{:.2f}x")
        for (precision, form), bar in BARS.items()
        for each in found.ours
        if _is_ours(each) and each.system.title.endswith(precision) and each.form is FORMS[form]
    ]
    for measured in found.peers.values():
        of_ours = {each.form: each for each in measured if _is_ours(each)}
        for each in measured:
            if each.system.same_engine and not _is_ours(each):
                title = f"over {each.system.title}, {each.form.title}"
                over = of_ours[SPLIT_ROWS].ratio / each.ratio
                bars.append(least(f"{SPLIT_ROWS.title}, {title}", over, 1.0, "{:.2f}x"))
                if each.form in of_ours.keys() - {SPLIT_ROWS}:
                    over = of_ours[each.form].ratio / each.ratio
                    bars.append(least(f"the same form, {title}", over, 1.0, "{:.2f}x"))
    return bars


def ratios_section(found: Ratios) -> str:
    """The table of ratios."""
    rounds = max(len(each.turns) for each in found.ours)
    busiest = max(turn.client_share for each in found.ours for turn in each.turns)
    lines = [
        f"Processor time a request of the whole tree of the server's processes, on one core; requests of {JUDGED_ROWS} "
        f"candidates by one client on the other core. {rounds} rounds, in each of them every server has its turn; a "
        f"ratio is that of two turns of the same round, and the table has the median. Every server's answers were "
        f"compared with the training network's before. The client was busy for at most {busiest:.0%} of its core.",
        "",
        "| system | form | processor time | over (a) | p50 | p99 | differs by |",
        "|---|---|---|---|---|---|---|",
        *(_row(each) for each in found.ours),
    ]
    for measured in found.peers.values():
        lines += [_row(each) for each in measured[1:] if not _is_ours(each)]
    lines += ["", "| | found | asked for | |", "|---|---|---|---|"]
    lines += [f"| {each.row()} |" for each in ratio_bars(found)]
    lines += [f"\nNot measured: {title}: `{_first_line(reason)}`." for title, reason in found.failed.items()]
    return "\n".join(lines)


def stages_section(by_precision: dict[str, Sequence[Staged]]) -> str:
    """Time by stage and the floor."""
    lines = [
        "Microseconds of a request, as the service measures its stages and, in brackets, of the part alone in a loop; "
        "HTTP is the processor time that is in no stage, and in brackets that of a bare ASGI echo of as many bytes.",
    ]
    for precision, found in by_precision.items():
        lines += ["", f"| {precision}, candidates | " + " | ".join([*STAGES, "HTTP", "whole", "floor", "whole/floor"])]
        lines[-1] += " |"
        lines.append("|---" * (len(STAGES) + 5) + "|")
        lines += [_staged(each) for each in found]
    lines += ["", "| | found | asked for | |", "|---|---|---|---|"]
    lines += [f"| {each.row()} |" for each in stage_bars(by_precision)]
    return "\n".join(lines)


def stage_bars(by_precision: dict[str, Sequence[Staged]]) -> list[Judged]:
    """The whole against its floor, for each size."""
    return [
        most(f"{precision}, {each.rows:,} candidates, whole over floor", each.over_floor, MOST_OVER_FLOOR, "{:.2f}x")
        for precision, found in by_precision.items()
        for each in found
    ]


def tail_section(found: Sequence[Tail]) -> str:
    """Latency at a share of the peak."""
    lines = [
        f"Independent arrivals at {SHARE:.0%} of the peak, {JUDGED_ROWS} candidates each, on as many connections as it "
        f"takes; latency counts from when a request was due. {BLOCKS} parts of the time, each at {SHARE:.0%} of the "
        f"peak measured right before it; the one with the middle p99/p50 is shown. Beside it what the same arrivals "
        f"give at a server that needs exactly the same time for each request.",
        "",
        "| precision | peak, requests/s | offered | p50 | p99 | p99/p50 | fixed time | refused | client late, p99 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.precision} | {each.peak:,.0f} | {each.rate:,.0f} | {each.p50 * 1e3:.2f} ms | {each.p99 * 1e3:.2f} ms "
        f"| {each.spread:.2f}x | {each.queue:.2f}x | {each.refused} | {each.lag * 1e3:.2f} ms |"
        for each in found
    ]
    lines += ["", "| | found | asked for | |", "|---|---|---|---|"]
    lines += [f"| {each.row()} |" for each in tail_bars(found)]
    return "\n".join(lines)


def tail_bars(found: Sequence[Tail]) -> list[Judged]:
    """The spread of latency."""
    return [most(f"{each.precision}, p99 over p50", each.spread, MOST_SPREAD, "{:.2f}x") for each in found]


def batching_section(found: Sequence[Batched]) -> str:
    """Small requests."""
    lines = [
        "Requests of one candidate by clients that each wait for their answer.",
        "",
        "| clients | requests/s | p50 | p99 | processor time a request |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.clients} | {each.turn.rate:,.0f} | {each.turn.p50 * 1e3:.2f} ms | {each.turn.p99 * 1e3:.2f} ms | "
        f"{each.turn.cpu * 1e6:,.0f} µs |"
        for each in found
    ]
    return "\n".join(lines)


def _is_ours(measured: Measured) -> bool:
    return measured.system.title.startswith("**Threefold**")


def _row(each: Measured) -> str:
    cells = [
        each.system.title, each.form.title, f"{each.median('cpu') * 1e6:,.0f} µs",
        f"{each.ratio:.2f} ({min(each.over_baseline):.2f} to {max(each.over_baseline):.2f})",
        f"{each.median('p50') * 1e3:.2f} ms", f"{each.median('p99') * 1e3:.2f} ms", f"{each.deviation:.1g}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _staged(each: Staged) -> str:
    cells = [f"{each.stages[name] * 1e6:,.0f} ({each.alone[name] * 1e6:,.0f})" for name in STAGES]
    cells += [f"{each.http * 1e6:,.0f} ({each.echo * 1e6:,.0f})", f"{each.whole.cpu * 1e6:,.0f}"]
    cells += [f"{each.floor * 1e6:,.0f}", f"{each.over_floor:.2f}x"]
    return f"| {each.rows:,} | {' | '.join(cells)} |"


def _first_line(reason: str) -> str:
    return next((line for line in reversed(reason.splitlines()) if line.strip()), "no reason was given")[:200]
