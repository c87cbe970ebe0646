"""From the bytes of a body to encoded columns: CPU time by form, against an older tree and what others do.

    git worktree add ../before COMMIT
    python -m benchmarks.parsing --before ../before

Each tree is measured by processes of its own that take turns; the fastest pass of all counts, as a busy machine only
adds. Without `--before` only this tree is measured, and docs/results.md stays as it is.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.results_page import replace_section

ROOT = Path(__file__).parent.parent
WORKER = Path(__file__).with_name("parsing_worker.py")
Found = dict[str, dict[str, float]]


def measured(tree: Path, num_rows: int) -> Found:
    command = [sys.executable, str(WORKER), str(num_rows)]
    environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout)


def fastest(found: list[Found]) -> Found:
    return {form: {what: min(each[form][what] for each in found) for what in found[0][form]} for form in found[0]}


def page(after: dict[int, Found], before: dict[int, Found]) -> str:
    lines = ["| 30 features, of which 15 context; µs of CPU | rows | parse | encode | both | both, before | ratio |"]
    lines.append("|---|---|---|---|---|---|---|")
    for num_rows, found in after.items():
        for form, taken in found.items():
            if form == "floors":
                continue
            earlier = before[num_rows].get(form, {}).get("both") if before else None
            ratio = "" if earlier is None else f"{earlier / taken['both']:.1f}"
            old = "" if earlier is None else f"{earlier:,.0f}"
            parts = " | ".join(f"{taken[part]:,.0f}" for part in ("parse", "encode", "both"))
            lines.append(f"| {form} | {num_rows} | {parts} | {old} | {ratio} |")
    lines += ["", "What others do with `instances` before a value is looked up, µs of CPU:", ""]
    names = next(iter(after.values()))["floors"]
    lines += [f"| rows | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    for num_rows, found in after.items():
        floors = " | ".join(f"{found['floors'][name]:,.0f}" for name in names)
        lines.append(f"| {num_rows} | {floors} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a checkout of an older commit")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 100, 500])
    parser.add_argument("--rounds", type=int, default=3)
    settings = parser.parse_args()
    after: dict[int, list[Found]] = {num_rows: [] for num_rows in settings.rows}
    before: dict[int, list[Found]] = {num_rows: [] for num_rows in settings.rows}
    for _ in range(settings.rounds):
        for num_rows in settings.rows:
            after[num_rows].append(measured(ROOT, num_rows))
            if settings.before:
                before[num_rows].append(measured(settings.before, num_rows))
    ours = {num_rows: fastest(found) for num_rows, found in after.items()}
    theirs = {num_rows: fastest(found) for num_rows, found in before.items()} if settings.before else {}
    text = page(ours, theirs)
    print(text)
    if settings.before:
        replace_section("parsing", text)


if __name__ == "__main__":
    main()
