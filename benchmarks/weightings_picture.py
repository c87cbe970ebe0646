"""The picture of benchmarks/weightings.py: each head's validation loss over the steps."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.scaled_log import Outcome
from training.report.figure import BAD, FAINT, GRID, INK, colour_of

LINES = {
    ("equal", "label"): ("equal weights, raw losses", BAD, "-"),
    ("uncertainty", "label"): ("uncertainty, raw losses", colour_of(0), "-"),
    ("tuned static", "base_rate"): ("tuned static weights", INK, (0, (4, 3))),
}


def draw(outcomes: Mapping[tuple[str, str], Sequence[Outcome]], tasks: Sequence[str], path: Path) -> None:
    """One panel a head; thick lines are means over the seeds, thin ones the seeds."""
    figure = Figure(figsize=(8.6, 3.0), facecolor="white")
    panels = figure.subplots(1, len(tasks))
    for axes, task in zip(panels, tasks, strict=True):
        axes.axhline(1.0, color=FAINT, linewidth=1)
        for key, (label, colour, dashes) in LINES.items():
            steps = [validation.step for validation in outcomes[key][0].history.validations]
            runs = np.array([[found.losses[task] for found in one.history.validations] for one in outcomes[key]])
            axes.plot(steps, runs.T, color=colour, linewidth=0.6, alpha=0.35)
            axes.plot(steps, runs.mean(axis=0), color=colour, linewidth=1.8, linestyle=dashes, label=label)
        axes.set_title(task, fontsize=10, color=INK)
        axes.set_xlabel("step", fontsize=9, color=INK)
        axes.tick_params(labelsize=8, colors=INK)
        axes.grid(color=GRID, linewidth=0.8)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    panels[0].set_ylabel("validation loss / base rate's", fontsize=9, color=INK)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(LINES), fontsize=9, frameon=False)
    figure.subplots_adjust(left=0.065, right=0.99, top=0.9, bottom=0.3, wspace=0.28)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
