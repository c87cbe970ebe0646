"""python -m benchmarks.quality: what is not trained yet, then the table of docs/results.md.

KUAIRAND names the folder of impressions, PEERS that of the peers' virtual environment. `--only` takes one system or
more, `--seeds` how many. Finished trainings are kept in comparisons/quality and taken again as long as they were made
of the same columns, labels, windows and, for ours, the same configuration.
"""

import argparse
import os
from pathlib import Path

from rich.console import Console

from benchmarks.quality.environment import peers_python
from benchmarks.quality.page import section
from benchmarks.quality.results import Result, fingerprint_of_ours, fingerprint_of_peers, store, stored
from benchmarks.quality.rows import Rows, read_rows
from benchmarks.quality.systems import OURS, PEERS, TITLES, prepare_arrays, train_ours, train_peer
from benchmarks.results_page import replace_section
from training.config import Config, load_config

ROOT = Path(__file__).parent.parent.parent
CONFIG = ROOT / "examples" / "kuairand.toml"
FOLDER = ROOT / "comparisons" / "quality"
NUM_SEEDS = 5


class Run:
    """The trainings of one configuration; rows and arrays are made when a training first needs them."""

    def __init__(self, config: Config, folder: Path, console: Console) -> None:
        self.config, self.folder, self.console = config, folder, console
        self.rows: Rows = read_rows(config)
        peers = fingerprint_of_peers(config)
        self.made_of = {OURS: fingerprint_of_ours(config), **{peer.name: peers for peer in PEERS}}
        self.arrays = folder / "arrays" / peers

    def stored(self, system: str, seed: int) -> Result | None:
        """A finished training."""
        return stored(self.folder, system, seed, self.made_of[system])

    def train(self, system: str, seed: int) -> Result:
        """A training that is not finished yet."""
        if system == OURS:
            return train_ours(self.config, seed, self.console)
        if not (self.arrays / "description.json").is_file():
            prepare_arrays(self.rows, self.arrays)
        peer = next(peer for peer in PEERS if peer.name == system)
        answers = self.folder / "answers" / f"{system}-{seed}"
        return train_peer(peer, peers_python(), self.rows, self.arrays, answers, seed, self.made_of[system])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality")
    parser.add_argument("--only", nargs="+", choices=list(TITLES), default=list(TITLES), help="systems to train")
    parser.add_argument("--config", type=Path, default=CONFIG, help="its columns, tasks and split are for all")
    parser.add_argument("--seeds", type=int, default=NUM_SEEDS, help="trainings of each")
    asked = parser.parse_args()
    console = Console()
    config = load_config(asked.config)
    path = os.environ.get("KUAIRAND", config.data.path)
    if not Path(path).is_dir():
        console.print(f"skipped: no KuaiRand impressions at {path}. Set KUAIRAND to their folder", soft_wrap=True)
        return
    run = Run(config.with_overrides(data=path), FOLDER, console)
    for seed in range(asked.seeds):
        for system in asked.only:
            if run.stored(system, seed) is None:
                found = run.train(system, seed)
                store(FOLDER, found)
                console.print(f"{TITLES[system]}, seed {seed}: {found.tasks}", soft_wrap=True, markup=False)
    finished = {s: [r for seed in range(NUM_SEEDS) if (r := run.stored(s, seed)) is not None] for s in TITLES}
    text = section(finished, run.rows.ends[2] - run.rows.ends[1])
    replace_section("quality", text)
    console.print(text, markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
