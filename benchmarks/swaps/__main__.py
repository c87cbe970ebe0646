"""A hundred swaps and twenty rollbacks while clients ask, with one worker and with two.

    python -m benchmarks.swaps [--swaps 100] [--write]

Writes the section `swaps` of docs/results.md, and fails where an answer is lost or wrong.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.child import unwind_on_sigterm
from benchmarks.results_page import replace_section
from benchmarks.swaps.judged import judged
from benchmarks.swaps.measured import measured
from benchmarks.swaps.page import section
from benchmarks.swaps.versions import NUM_LEARNED, Oracle, bodies, made


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.swaps")
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--learned", type=int, default=NUM_LEARNED, help="ids of the learned vocabulary")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/results.md")
    told = parser.parse_args()
    unwind_on_sigterm()
    with TemporaryDirectory() as folder:
        registry, asked = made(Path(folder) / "registry", told.learned), bodies(told.learned)
        oracle = Oracle(registry, asked)
        found = [judged(measured(registry, asked, workers, told.swaps), oracle) for workers in told.workers]
    text = section(found)
    if told.write:
        replace_section("swaps", text)
    print(text)
    if not all(each.is_sound for each in found):
        raise SystemExit("answers were lost or wrong")


if __name__ == "__main__":
    main()
