"""What the watch saw: a picture and a part of docs/results.md."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.long_log.memory import Sample
from training.report.figure import BAD, FAINT, add_legend, colour_of, new_axes

GIB = 2**30


@dataclass(frozen=True)
class Passed:
    """One pass over the log.

    Attributes:
        num_rows: of the log.
        log_bytes: of its files.
        samples: of the process's memory.
        phases: what it was at, from which second on.
        peak: bytes that were resident at the most.
        facts: what it told of itself.
    """

    num_rows: int
    log_bytes: int
    samples: list[Sample]
    phases: list[tuple[str, float]]
    peak: int
    facts: dict[str, Any]

    @property
    def beyond_tables(self) -> int:
        """Bytes that were resident at the most, without the tables."""
        return self.peak - int(self.facts["table_bytes"])

    @property
    def growth(self) -> tuple[float, float]:
        """Bytes that the process gained from the first to the last tenth of the training, by medians, and a row."""
        starts = dict(self.phases)
        held = [each.resident for each in self.samples if starts["train"] <= each.seconds < starts["measure"]]
        held = held[len(held) // 10 :]  # the first steps make buffers and optimizer states
        tenth = max(1, len(held) // 10)
        gained = float(np.median(held[-tenth:]) - np.median(held[:tenth])) if held else 0.0
        return gained, gained / max(1, int(self.facts["train_rows"]))


def section(passed: Passed, limit: int) -> str:
    facts, seconds = passed.facts, passed.facts["seconds"]
    gained, a_row = passed.growth
    verdict = "kept" if passed.beyond_tables <= limit else "missed"
    lines = [
        f"{passed.num_rows:,} rows, {passed.log_bytes / 1e9:.2f} GB of Parquet, {facts['cache_bytes'] / 1e9:.2f} GB "
        f"encoded; trained on {facts['train_rows']:,} of them in one pass.",
        "",
        "| | |",
        "|---|---|",
        f"| resident at the most | {passed.peak / GIB:.2f} GiB |",
        f"| of it the table, {facts['table_rows']:,} rows, and its optimizer | {facts['table_bytes'] / GIB:.2f} GiB |",
        f"| beyond the tables, at most {limit / GIB:.0f} GiB | {passed.beyond_tables / GIB:.2f} GiB, {verdict} |",
        f"| gained while training, first tenth to last | {gained / 2**20:+.1f} MiB, {a_row:+.2f} bytes a row |",
        f"| fit and encode | {passed.num_rows / seconds['prepare']:,.0f} rows/s |",
        f"| train | {facts['train_rows'] / seconds['train']:,.0f} rows/s |",
        f"| of that, waiting for data | {seconds['waited'] / seconds['train']:.1%} |",
        f"| click on the test day: AUC, normalised entropy | {facts['auc']:.4f}, {facts['normalised_entropy']:.4f} |",
        "",
        "![Resident memory over time](images/long_log.svg)",
    ]
    return "\n".join(lines)


def draw(passed: Passed, limit: int, path: Path) -> None:
    """Resident memory over time, with the phases and the limit."""
    figure, axes = new_axes("minutes", "GiB", width=8.6, height=3.4)
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.16, top=0.94)
    minutes = np.array([each.seconds for each in passed.samples]) / 60
    allowed = (limit + passed.facts["table_bytes"]) / GIB
    axes.axhline(allowed, color=BAD, linewidth=1.2, label="2 GiB and the tables")
    resident = [each.resident / GIB for each in passed.samples]
    axes.plot(minutes, resident, color=colour_of(0), linewidth=1.4, label="resident")
    anonymous = [each.anonymous / GIB for each in passed.samples]
    axes.plot(minutes, anonymous, color=colour_of(1), linewidth=1.0, label="without files")
    for name, start in passed.phases:
        axes.axvline(start / 60, color=FAINT, linewidth=0.8, linestyle=":")
        is_late = start / 60 > 0.85 * minutes[-1]
        side, shift = ("right", -4) if is_late else ("left", 4)
        place = {"xytext": (shift, 6), "textcoords": "offset points", "ha": side}
        axes.annotate(name, (start / 60, 0), **place, fontsize=8, color=FAINT)
    axes.set_ylim(0, 1.12 * max(allowed, *resident))
    add_legend(axes, columns=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
