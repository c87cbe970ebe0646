"""python -m benchmarks.train_speed: rates of all systems, then the section `train_speed` of docs/results.md.

PEERS names the folder of the peers' virtual environment. `--quick` tries everything with few steps and writes no page.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.results_page import replace_section
from benchmarks.train_speed.log import write_data
from benchmarks.train_speed.page import section
from benchmarks.train_speed.runs import TITLES, measured
from benchmarks.train_speed.setting import QUICK, WHOLE


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_speed")
    parser.add_argument("--quick", action="store_true", help="few steps, one round, nothing written")
    parser.add_argument("--only", nargs="+", choices=list(TITLES), default=list(TITLES), help="systems to measure")
    asked = parser.parse_args()
    extent = QUICK if asked.quick else WHOLE
    with tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder), extent)
        text = section(measured(Path(folder), extent, asked.only), extent)
    if not asked.quick and asked.only == list(TITLES):
        replace_section("train_speed", text)
    print(text)


if __name__ == "__main__":
    main()
