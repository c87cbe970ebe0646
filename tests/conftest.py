"""The same start for every test: one thread, fixed seeds."""

import random

import numpy as np
import pytest
import torch
from hypothesis import settings

torch.set_num_threads(1)
settings.register_profile("threefold", deadline=None, max_examples=40, derandomize=True, database=None)
settings.load_profile("threefold")


@pytest.fixture(autouse=True)
def seed() -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - whoever still uses the global generator
    torch.manual_seed(0)
