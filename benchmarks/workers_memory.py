"""What four workers hold of memory: models with 1 GiB of tables, with hashed ids and with a million learned ones.

python -m benchmarks.workers_memory [--workers 4] [--requests 100] [--write]

Each model is served by `threefold serve`; all workers are asked for random ids, in requests of 2,000 rows, by a
connection each. Proportional set sizes add up to what all processes hold together: a page that four share counts a
quarter in each. The table is looked through when it is loaded, so all of it counts.
"""

import argparse
import json
import os
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import httpx

from benchmarks.child import unwind_on_sigterm
from benchmarks.results_page import replace_section
from benchmarks.served import threefold_serve
from benchmarks.workers_model import CANDIDATE, CONTEXT, item, saved
from models.checkpoint import WEIGHTS

MIB = 1 << 20
NUM_LEARNED = 1_000_000
ROWS = 2_000
BAR_MIB = 1_536
PARTS = ("tables", "libraries", "everything else")


@dataclass(frozen=True)
class Measured:
    """One model: seconds, and MiB by part of all processes together."""

    start_s: float
    restart_s: float
    started: Mapping[str, float]
    asked: Mapping[str, float]
    largest_worker_mib: float


def held(pids: list[int]) -> Counter[str]:
    """MiB of proportional set size by part, summed over the processes."""
    found: Counter[str] = Counter()
    for pid in pids:
        part = PARTS[-1]
        for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                path = line.split(maxsplit=5)[5:]
                is_file = bool(path) and path[0].startswith("/") and not path[0].startswith("/dev/")
                part = PARTS[0] if is_file and WEIGHTS in path[0] else PARTS[1] if is_file else PARTS[2]
            elif line.startswith("Pss:"):
                found[part] += int(line.split()[1]) / 1024
    return found


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ask(url: str, seed: int, num_requests: int) -> None:
    """Send requests with random ids over one connection."""
    random = Random(seed)
    with httpx.Client(base_url=url, timeout=60) as client:
        for _ in range(num_requests):
            columns = {name: [random.randrange(10**9) for _ in range(ROWS)] for name in (*CONTEXT, *CANDIDATE[1:])}
            columns["item_id"] = [item(random.randrange(NUM_LEARNED)) for _ in range(ROWS)]  # type: ignore[misc]
            body = json.dumps({"columns": columns, "layout": "columns"})
            client.post("/predict", content=body, headers={"Content-Type": "application/json"}).raise_for_status()


def restarted_s(supervisor: int, url: str) -> float:
    """Seconds from the end of a worker until the one in its place serves."""
    before = children(supervisor)
    os.kill(before[0], signal.SIGKILL)
    started = time.perf_counter()
    while True:
        text = httpx.get(f"{url}/metrics").text
        if "threefold_worker_restarts_total 1.0" in text and f"threefold_workers {len(before)}.0" in text:
            return time.perf_counter() - started
        time.sleep(0.02)


def measured(folder: Path, num_learned: int, num_workers: int, num_requests: int) -> Measured:
    version = saved(folder / f"learned-{num_learned}", num_learned)
    with threefold_serve(version.parent / "service.log", "--checkpoint", version, "--workers", num_workers) as served:
        supervisor, url = served.tree.root, f"http://127.0.0.1:{served.port}"
        pids = [supervisor, *children(supervisor)]
        started = held(pids)
        with ThreadPoolExecutor(num_workers) as pool:
            list(pool.map(lambda seed: ask(url, seed, num_requests), range(num_workers)))
        asked = held(pids)
        largest = max(sum(held([pid]).values()) for pid in pids[1:])
        restart_s = restarted_s(supervisor, url)
    shutil.rmtree(version)
    return Measured(served.start_seconds, restart_s, started, asked, largest)


def table(found: Mapping[str, Measured], num_workers: int) -> str:
    lines = [
        f"Proportional set size of the supervisor and {num_workers} workers together, MiB.\n",
        "| ids of the model | when | in all | tables | libraries | everything else | start, s | restart of one, s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, each in found.items():
        for when, parts in (("started", each.started), ("asked", each.asked)):
            cells = " | ".join(f"{parts[part]:,.0f}" for part in PARTS)
            seconds = f"{each.start_s:.1f} | {each.restart_s:.1f}" if when == "asked" else " | "
            lines.append(f"| {name} | {when} | {sum(parts.values()):,.0f} | {cells} | {seconds} |")
    for name, each in found.items():
        total = sum(each.asked.values())
        verdict = "met" if total < BAR_MIB else f"missed by {total - BAR_MIB:,.0f} MiB"
        lines.append(f"\nThe bar, under {BAR_MIB:,} MiB in all, with ids that are {name}: **{verdict}**.")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--requests", type=int, default=100, help="of each connection")
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    arguments = parser.parse_args()
    unwind_on_sigterm()
    models = {"hashed": 0, "hashed, and 1,000,000 learned": NUM_LEARNED}
    with TemporaryDirectory() as folder:
        found = {
            name: measured(Path(folder), num_learned, arguments.workers, arguments.requests)
            for name, num_learned in models.items()
        }
    text = table(found, arguments.workers)
    print(text)
    if arguments.write:
        replace_section("workers_memory", text)


if __name__ == "__main__":
    main()
