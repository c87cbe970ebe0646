"""The configured KuaiRand model against its baselines over five seeds; writes a table of docs/results.md.

python -m benchmarks.comparison (with KUAIRAND naming the folder of impressions). It takes the finished trainings of
comparisons/kuairand where there are some, as `threefold compare` does.
"""

import os
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console

from benchmarks.results_page import replace_section
from training.comparison.compare import compare
from training.comparison.files import TRAININGS, write_comparison
from training.config import load_config

CONFIG = Path(__file__).parent.parent / "examples" / "kuairand.toml"
FOLDER = Path("comparisons") / "kuairand"
NUM_SEEDS = 5


def section(found: dict[str, Any]) -> str:
    """Tables from what `threefold compare` writes as JSON."""
    tasks = list(found["configured"]["trainings"][0]["tasks"])
    rows = {"configured": found["configured"], **found["baselines"]}
    lines = [f"Rows of the test window: {found['rows']['test']:,}. Trainings, trials of searches included: ", ""]
    lines[0] += f"{found['num_trainings']}."
    for index, what in enumerate(("loss, in units of about the base rate's", "order (AUC, or XAUC)")):
        lines += [f"**{what}**", "", f"| | {' | '.join(tasks)} |", "|---" * (len(tasks) + 1) + "|"]
        lines += [f"| {row['title'].lower()} | {' | '.join(_cell(row, task, index) for task in tasks)} |"
                  for row in rows.values() if row["skipped_because"] is None]  # fmt: skip
        lines.append("")
    return "\n".join([*lines, *(_searched(row) for row in rows.values() if row["search"] is not None)])


def _cell(row: dict[str, Any], task: str, index: int) -> str:
    """Mean over the seeds; beside it the configured model's mean less it, with its interval and verdict."""
    values = [list(t["tasks"][task]["compared"].values())[index] for t in row["trainings"] if task in t["tasks"]]
    mean = f"{fmean(values):.4f}"
    if "differences" not in row:
        return mean
    difference = list(row["differences"][task].values())[index]
    return f"{mean} ({difference['mean']:+.4f} ± {difference['half_width']:.4f}: {difference['verdict']})"


def _searched(row: dict[str, Any]) -> str:
    return f"{row['title']}: {row['search']['chosen']}, of {row['search']['num_trials']} trials."


def main() -> None:
    config = load_config(CONFIG)
    path = os.environ.get("KUAIRAND", config.data.path)
    console = Console()
    if not Path(path).is_dir():
        console.print(f"skipped: no KuaiRand impressions at {path}. Set KUAIRAND to their folder", soft_wrap=True)
        return
    found = compare(config.with_overrides(data=path), NUM_SEEDS, FOLDER / TRAININGS, console)
    write_comparison(FOLDER, found, CONFIG.read_text(encoding="utf-8"))
    replace_section("comparison", section(found.to_json()))


if __name__ == "__main__":
    main()
