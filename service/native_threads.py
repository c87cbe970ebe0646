"""How many threads the libraries below Python make, and what they do while they wait.

They read it from the environment when they are imported, so it is written before that. What the operator wrote there
stays.
"""

import os


def limit_native_threads(num_threads: int) -> None:
    """Let products take so many threads; those that wait sleep, since a core that spins is missed by another worker."""
    for name, value in {
        "OMP_NUM_THREADS": str(num_threads),
        "MKL_NUM_THREADS": str(num_threads),
        "OPENBLAS_NUM_THREADS": "1",  # of numpy, which multiplies nothing here
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "0",
        "KMP_BLOCKTIME": "0",
    }.items():
        os.environ.setdefault(name, value)
