"""How many files and connections the process may have open."""

import sys

SPARE = 256
"""Beside connections: weights, logs, libraries."""


def allow_connections(num: int) -> None:
    """Raise the process's own limit as far as the system lets it, where it is below; many systems begin with 1,024."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = num + SPARE if hard == resource.RLIM_INFINITY else min(num + SPARE, hard)
    if soft not in {resource.RLIM_INFINITY, hard} and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
