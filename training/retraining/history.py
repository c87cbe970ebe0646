"""What the registry's history says of runs: their names stand in the reasons of their events."""

import re

from models.registry import Event, Registry

_REMEMBERED = 100
"""Newest events that are looked through: a run leaves a few, so they reach back for weeks."""
_RUN = re.compile(r"\(run ([^()\s]+)\)$")


def marked(why: str, run: str) -> str:
    """A reason that names its run."""
    return f"{why} (run {run})"


def concluded(registry: Registry) -> dict[str, Event]:
    """By run, the event that promoted or held its candidate."""
    ends = [event for event in registry.history(_REMEMBERED) if event.action in ("promote", "hold")]
    return {match[1]: event for event in ends if (match := _RUN.search(event.why)) is not None}
