"""Where in the sharded table a row of the packed one lies: spread, so that every shard is asked for equally much.

The packed table holds feature after feature, and a shard is a run of consecutive places. With rows left in their order
one shard would hold all of the small features, which every batch asks for. So row r lies at place (factor x r) mod
rows: a bijection where the factor has no divisor in common with the number of rows, and an even spread of any run of
rows where the factor is near the golden section of it (Knuth, "The Art of Computer Programming", volume 3, section
6.4). It depends on the size of the table alone, so a state that two processes saved means the same to three.
"""

from math import gcd, sqrt

from torch import Tensor

from models.errors import ConfigError

GOLDEN = (sqrt(5) - 1) / 2
MOST_ROWS = 3_000_000_000
"""Up to which products of two rows fit into 63 bits."""


class Placement:
    """Rows to places and back.

    Args:
        num_rows: of the table.

    Raises:
        ConfigError: the table has too many rows.
    """

    def __init__(self, num_rows: int) -> None:
        if num_rows > MOST_ROWS:
            raise ConfigError(
                f"a sharded table has at most {MOST_ROWS:,} rows; found {num_rows:,}: raise `min_count` or hash some "
                f"of the ids"
            )
        self.num_rows = num_rows
        factor = max(1, round(num_rows * GOLDEN))
        while gcd(factor, num_rows) > 1:
            factor += 1
        self._factor = factor % num_rows if num_rows > 1 else 1
        self._inverse = pow(self._factor, -1, num_rows) if num_rows > 1 else 1

    def places(self, rows: Tensor) -> Tensor:
        """The places of rows, int64 [rows]."""
        return rows * self._factor % self.num_rows

    def rows(self, places: Tensor) -> Tensor:
        """The rows that lie at places, int64 [places]."""
        return places * self._inverse % self.num_rows
