"""The section `serving_overload` of docs/results.md, and its picture."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.results_page import PAGE
from benchmarks.serving.bars import Judged, least, most
from benchmarks.serving.overload import LIGHT, SLOW, TIMES, Overloaded
from training.report.figure import BAD, add_legend, colour_of, new_axes

PICTURE = PAGE.parent / "images" / "serving_overload.svg"
LEAST_GOODPUT, MOST_RECOVERY_SECONDS, MOST_GROWTH = 0.9, 1.0, 1.2
FILLING = 0.05
"""Part of the overload that is left out where memory is compared with its start: queues fill once."""
GIB = 2**30


def judged(found: Overloaded) -> list[Judged]:
    """What was asked for, and what there was."""
    refusals = np.array(found.load.latencies)[found.within(503)]
    answers = np.array(found.load.latencies)[found.within(200)]
    refused_ms = float(np.median(refusals)) * 1e3 if len(refusals) else 0.0
    return [
        least("goodput, share of the peak", float(found.goodput().mean()), LEAST_GOODPUT, "{:.1%}"),
        most("recovery, seconds", found.recovery(), MOST_RECOVERY_SECONDS, "{:.2f}"),
        most("resident memory, last seconds over first", growth(found), MOST_GROWTH, "{:.2f}x"),
        most("requests with neither answer nor refusal", found.unexpected(), 0, "{:.0f}"),
        most("median refusal, ms, against a median answer", refused_ms, float(np.median(answers)) * 1e3, "{:.1f}"),
    ]


def growth(found: Overloaded) -> float:
    """Resident memory at the end of the overload over that shortly after its beginning."""
    held = found.resident[: int(found.seconds)]
    tenth, filled = max(1, len(held) // 10), int(FILLING * len(held))
    return float(np.median(held[-tenth:]) / np.median(held[filled : filled + tenth]))


def kept_all(found: Overloaded) -> bool:
    """Whether the server lives and every bar was kept."""
    return found.survived and all(each.kept for each in judged(found))


def section(found: Overloaded) -> str:
    """The text."""
    load, refusals = found.load, np.array(found.load.latencies)[found.within(503)]
    answers = np.array(load.latencies)[found.within(200)]
    offered = (load.unsent + sum(start < found.seconds for start in load.starts)) / found.seconds
    lines = [
        f"Peak {found.peak:,.0f} requests/s of 100 candidates on one core. {TIMES:g} times as many came for "
        f"{found.seconds:.0f} s at random times ({offered:,.0f}/s), then {LIGHT:.0%} of the peak. The server "
        f"{'runs on' if found.survived else '**ended**'}.",
        "",
        "| | found | asked for | |",
        "|---|---|---|---|",
        *(f"| {each.row()} |" for each in judged(found)),
        "",
        "| | p50 | p99 |",
        "|---|---|---|",
        f"| answers in the overload, {len(answers):,} | {_milliseconds(answers)} |",
        f"| refusals (503 with `Retry-After`), {len(refusals):,} | {_milliseconds(refusals)} |",
        f"| a lone client's answers | {found.lone * 1e3:.1f} ms | |",
        "",
        f"Recovered is from when on no answer is refused or takes {SLOW:g} times a lone client's. The client lagged "
        f"{np.percentile(load.lags, 99) * 1e3:.1f} ms at its 99th percentile, and had no connection left for "
        f"{load.unsent:,} requests.",
        "",
        "![Goodput, refusals and memory over time](images/serving_overload.svg)",
    ]
    return "\n".join(lines)


def draw(found: Overloaded, path: Path) -> None:
    """Answers and refusals of each second in parts of the peak, and the memory held."""
    figure, axes = new_axes("seconds", "of the peak", width=8.6, height=3.4)
    figure.subplots_adjust(left=0.08, right=0.92, bottom=0.16, top=0.94)
    seconds = np.arange(len(found.goodput())) + 0.5
    axes.plot(seconds, found.goodput(), color=colour_of(0), linewidth=1.4, label="answers")
    ends = (np.array(found.load.starts) + np.array(found.load.latencies))[found.within(503)]
    refused, _ = np.histogram(ends, bins=np.arange(0, len(seconds) + 1))
    axes.plot(seconds, refused / found.peak, color=colour_of(1), linewidth=1.0, label="refusals")
    axes.axhline(LEAST_GOODPUT, color=BAD, linewidth=1.0, label="asked for, answers")
    axes.set_ylim(bottom=0)
    memory = axes.twinx()
    held = np.array(found.resident) / GIB
    memory.plot(np.arange(1, len(held) + 1), held, color=colour_of(2), linewidth=1.0)
    memory.set_ylim(0, 1.5 * float(held.max(initial=0.1)))
    memory.set_ylabel("resident, GiB", fontsize=9.5, color=colour_of(2))
    add_legend(axes, columns=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})


def _milliseconds(latencies: NDArray[np.float64]) -> str:
    if not len(latencies):
        return "| "
    p50, p99 = np.percentile(latencies, [50, 99]) * 1e3
    return f"{p50:.1f} ms | {p99:.1f} ms"
