"""The checkpoint that is served: trained once by `threefold train` on a generated log, and kept."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import tomli_w

from benchmarks.serving.log import TEST, TRAIN, VALIDATION, write_log
from benchmarks.serving.world import SIZES
from models.atomic import whole_folder
from models.checkpoint import find_version

ROOT = Path(__file__).parent.parent.parent
FOLDER = Path(os.environ.get("SERVING_FOLDER", ROOT / "comparisons" / "serving")).absolute()
EXPERTS, NUM_EXPERTS, TOWER, DIM = (256, 128), 4, 64, 16
CHAIN: dict[str, dict[str, Any]] = {
    "click": {"kind": "binary"},
    "dwell": {"kind": "duration", "unit": "s", "observed_when": "click", "reads": ["click"]},
    "conversion": {"kind": "binary", "observed_when": "click", "reads": ["click", "dwell"]},
}


def configuration(log: str) -> dict[str, Any]:
    """The tables of the training; every id that the log holds has a row."""
    learned = {"kind": "learned", "min_count": 1}
    features = [
        {"name": name, "kind": "categorical", "scope": scope, "vocabulary": learned}
        for scope, sizes in SIZES.items()
        for name in sizes
    ]
    tower = {"widths": [TOWER]}
    trunk = {"kind": "mmoe", "num_experts": NUM_EXPERTS, "expert": {"widths": list(EXPERTS)}}
    return {
        "name": "serving",
        "data": {"path": log, "timestamp": "time", "split": {"validation": "1d", "test": "1d"}},
        "features": features,
        "tasks": [{"name": name, "label": name, "tower": tower, **task} for name, task in CHAIN.items()],
        "model": {"embedding": {"dim": DIM}, "trunk": trunk},
        "training": {"batch_size": 2_048, "max_epochs": 1, "validations_per_epoch": 1},
    }


def trained_checkpoint() -> Path:
    """The folder of the version; trained now where no earlier run kept it."""
    told = json.dumps([configuration("log"), TRAIN, VALIDATION, TEST], sort_keys=True)
    versions = FOLDER / f"versions-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    if not versions.is_dir():
        _train(versions)
    return find_version(versions)


def _train(versions: Path) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    print("training the checkpoint, once: some minutes", flush=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as text, whole_folder(versions) as beside:
        folder = Path(text)
        write_log(folder / "log")
        config = folder / "serving.toml"
        config.write_text(tomli_w.dumps(configuration(str(folder / "log"))), encoding="utf-8")
        told = {**os.environ, "THREEFOLD_CACHE": str(folder / "cache"), "THREEFOLD_STATE": str(folder / "state")}
        command = [str(Path(sys.executable).parent / "threefold"), "train", str(config), "--output", str(beside)]
        subprocess.run(command, env=told, check=True)
