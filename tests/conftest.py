"""The same start for every test: one thread, fixed seeds."""

import os
import random
import tempfile

import numpy as np
import pytest
import torch
from hypothesis import settings

torch.set_num_threads(1)
settings.register_profile("threefold", deadline=None, max_examples=40, derandomize=True, database=None)
settings.load_profile("threefold")
_OWN = tempfile.TemporaryDirectory(prefix="threefold-tests-")  # before any module copies the environment
os.environ |= {f"THREEFOLD_{kept.upper()}": f"{_OWN.name}/{kept}" for kept in ("cache", "state", "versions")}


@pytest.fixture(autouse=True)
def seed() -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - whoever still uses the global generator
    torch.manual_seed(0)
