"""The best 10 rows of n: one sort of all, against a partition and a sort of the best.

Run it by `python -m benchmarks.best_rows`.
"""

import timeit

import numpy as np

from models.ranking import order

K = 10


def main() -> None:
    rng = np.random.default_rng(0)
    print(f"{'rows':>6} {'sort us':>8} {'partition us':>13}")
    for num_rows in (100, 200, 500, 1_000, 2_000, 20_000):
        scores = rng.random(num_rows, dtype=np.float32)
        print(f"{num_rows:>6} {_microseconds(scores, num_rows):>8.1f} {_microseconds(scores, 0):>13.1f}")


def _microseconds(scores: np.ndarray, sorted_whole: int) -> float:
    order.SORTED_WHOLE = sorted_whole
    return min(timeit.repeat(lambda: order.best(scores, K), number=200, repeat=9)) / 200 * 1e6


if __name__ == "__main__":
    main()
