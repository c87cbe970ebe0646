"""Two processes on two cores against one, measured; 8 and 64 hosts, on paper. Into docs/results.md.

Run it with `python -m benchmarks.scaling`; it needs TorchRec (docs/distributed.md). Runs alternate, each in processes
of its own; a rate is the median over rounds of the median step. `--quick` makes one short round and writes nothing.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.results_page import replace_section
from benchmarks.scaling_model import Host, gradient_bytes, row_bytes, step
from benchmarks.train_speed.log import write_data
from benchmarks.train_speed.setting import BATCH, DIM, QUICK

WIDTH = 64
ROUNDS, STEPS = 5, 40
SETUPS = {"1 process, 1 thread": (0, 1), "2 processes, 1 thread each": (2, 1), "1 process, 2 threads": (0, 2)}
HOSTS, GIGABITS = (8, 64), (10, 25, 100)
ASSUMED = (Host("16 cores, 8 times that", 0.0), Host("a GPU, 1,000,000 rows/s", 1_000_000.0))
"""Of the first only the factor is assumed."""
FACTOR = 8


def main() -> None:
    quick = "--quick" in sys.argv[1:]
    rounds, steps = (1, 5) if quick else (ROUNDS, STEPS)
    with TemporaryDirectory() as folder:
        write_data(Path(folder), QUICK)
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in SETUPS}
        for _ in range(rounds):
            for name, (processes, threads) in SETUPS.items():
                found[name].append(_run(Path(folder), processes, threads, steps))
                print(f"{name}: {found[name][-1]['rate']:,.0f} rows/s", flush=True)
    text = page(found)
    print(text) if quick else replace_section("scaling", text)


def _run(folder: Path, processes: int, threads: int, steps: int) -> dict[str, Any]:
    """What one run in processes of its own measured."""
    launch = [sys.executable, "-m"]
    if processes:
        launch += ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m"]
    arguments = [str(folder / "log"), str(threads), str(steps), str(WIDTH)]
    finished = subprocess.run(
        [*launch, "benchmarks.scaling_worker", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": str(threads), "THREEFOLD_CACHE": str(folder / "cache")},
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr[-4_000:])
    measured: dict[str, Any] = json.loads(finished.stdout.strip().splitlines()[-1])
    return measured


def page(found: dict[str, list[dict[str, Any]]]) -> str:
    """Both tables, and what they stand on."""
    rates = {name: statistics.median(run["rate"] for run in runs) for name, runs in found.items()}
    alone = rates["1 process, 1 thread"]
    lines = [
        f"Global batch {BATCH:,}, 30 categorical features, two million ids x {DIM}, experts [{WIDTH}] x 4; medians of "
        f"{len(next(iter(found.values())))} rounds.",
        "",
        "| on one machine with two cores | rows/s | against one process, one thread | lowest to highest |",
        "|---|---|---|---|",
    ]
    for name, runs in found.items():
        of_rounds = [run["rate"] for run in runs]
        span = f"{min(of_rounds):,.0f} to {max(of_rounds):,.0f}"
        lines.append(f"| {name} | {rates[name]:,.0f} | {rates[name] / alone:.2f} | {span} |")
    measured = found["1 process, 2 threads"][0]
    return "\n".join([*lines, "", *_on_paper(rates["1 process, 2 threads"], measured)])


def _on_paper(rate: float, measured: dict[str, Any]) -> list[str]:
    distinct = {int(rows): count for rows, count in measured["distinct"].items()}
    dense = measured["dense"]
    hosts = [Host(f"this one's 2 cores, {rate:,.0f} rows/s", rate)]
    hosts += [Host(f"{each.name}", each.rate or FACTOR * rate) for each in ASSUMED]
    per_row = "; ".join(
        f"a slice of {rows:,} rows asks for {count:,} distinct rows of the table and sends "
        f"{row_bytes(count, DIM, 64) / 1e6:.2f} MB for them"
        for rows, count in sorted(distinct.items())
    )
    lines = [
        f"On paper, nothing measured but the rate, the ids and the weights: {per_row}; {dense:,} dense weights send "
        f"{gradient_bytes(dense, 64) / 1e6:.2f} MB (both of 64 hosts). The slice is {max(distinct):,} rows a host "
        f"where the batch grows with the hosts, and {min(distinct):,} at 64 hosts where it stays "
        f"{max(distinct) * HOSTS[0]:,}.",
        "",
        "| host | hosts | rows a host | Gbit/s | compute, ms | rows, ms | gradients, ms | waits, ms | share computing "
        "| rows/s in all |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for host in hosts:
        for count, rows in ((HOSTS[0], max(distinct)), (HOSTS[1], max(distinct)), (HOSTS[1], min(distinct))):
            for gigabits in GIGABITS:
                made = step(host, count, rows, distinct[rows], DIM, dense, gigabits)
                times = (made.compute, made.rows, made.gradients, made.waits)
                lines.append(
                    f"| {host.name} | {count} | {rows:,} | {gigabits} | "
                    + " | ".join(f"{1e3 * seconds:.2f}" for seconds in times)
                    + f" | {made.efficiency:.0%} | {count * rows / made.seconds:,.0f} |"
                )
    return lines


if __name__ == "__main__":
    main()
