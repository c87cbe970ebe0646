"""A log many times the memory: one pass over a hundred million rows, and what the process holds meanwhile.

    python -m benchmarks.long_log [--rows N] [--folder DIR]

Days of a log with 8 features and planted click rates are written in pieces, fitted, encoded and trained on in a process
of its own, whose resident memory is looked at every second, and deleted. With 100 million rows it takes about 2 GB for
the log, 5 GB for the encoded rows, and minutes. Fails where more than 2 GiB are held beyond the tables.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread

from benchmarks.long_log.memory import Watch
from benchmarks.long_log.page import Passed, draw, section
from benchmarks.long_log.planted import write_days
from benchmarks.results_page import PAGE, replace_section

LIMIT_BYTES = 2 * 2**30
PICTURE = PAGE.parent / "images" / "long_log.svg"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the temporary folder is made")
    arguments = parser.parse_args()
    if arguments.folder is not None:
        arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        started = time.monotonic()
        log_bytes = write_days(Path(folder) / "log", arguments.rows)
        print(f"{arguments.rows:,} rows, {log_bytes / 1e9:.2f} GB, in {time.monotonic() - started:.0f} s", flush=True)
        passed = trained(Path(folder), arguments.rows, log_bytes)
    draw(passed, LIMIT_BYTES, PICTURE)
    replace_section("long_log", section(passed, LIMIT_BYTES))
    print(section(passed, LIMIT_BYTES))
    if passed.beyond_tables > LIMIT_BYTES:
        sys.exit(f"{passed.beyond_tables / 2**30:.2f} GiB were held beyond the tables")


def trained(folder: Path, num_rows: int, log_bytes: int) -> Passed:
    """Train in another process and watch it."""
    environment = {**os.environ, "THREEFOLD_CACHE": str(folder / "cache"), "THREEFOLD_STATE": str(folder / "state")}
    command = [sys.executable, "-m", "benchmarks.long_log.training", str(folder / "log")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        watch = Watch(process.pid)
        watching = Thread(target=watch.go_on)
        watching.start()
        assert process.stdout is not None
        facts = {}
        for line in process.stdout:
            told = json.loads(line)
            if "phase" in told:
                watch.begin(told["phase"])
            facts |= told
        watching.join()
    if process.returncode:
        sys.exit(f"the training ended with {process.returncode}")
    return Passed(num_rows, log_bytes, watch.samples, watch.phases, watch.peak, facts)


if __name__ == "__main__":
    main()
