"""The history of a registry: `history/00000001.json` and so on, one event a file, none of them ever changed.

An event is made by creating the file of the next number, which one of two writers can do. There is no lock that a
killed one could leave behind: the other reads what happened, decides anew and takes the number after.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from models.errors import RegistryError
from models.registry.changes import after
from models.registry.event import Action, Event, State, read_event
from models.registry.names import HISTORY
from models.registry.place import Place

_FILE = re.compile(r"(\d{8})\.json")
_MAX_TRIES = 200


class Change(NamedTuple):
    """What somebody decided to do, seeing a state."""

    action: Action
    version: str | None
    channel: str | None = None


Decide = Callable[[State], Change | None]
"""What to do in a state, None for nothing. Asked again where another writer was quicker; raises what it refuses."""


class History:
    """The events of a place."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def head(self) -> int:
        """The number of the newest event; 0 where there is none.

        What is not named like an event was put there by somebody else and is passed by.
        """
        found = filter(None, map(_FILE.fullmatch, self._place.names(HISTORY)))
        return max((int(match[1]) for match in found), default=0)

    def event(self, number: int) -> Event | None:
        """The event of a number, if there is one.

        Raises:
            RegistryError: its file holds no such event.
        """
        name = file_of(number)
        contents = self._place.read(name)
        return None if contents is None else read_event(f"{self._place.address}/{name}", number, contents)

    def newest(self) -> Event | None:
        """The newest event, if there is one."""
        return next(self.backwards(), None)

    def backwards(self) -> Iterator[Event]:
        """All events, newest first; old ones that somebody removed are passed by."""
        found = (self.event(number) for number in range(self.head(), 0, -1))
        return (event for event in found if event is not None)

    def append(self, decide: Decide, who: str, why: str) -> Event | None:
        """Make the next event.

        Args:
            decide: sees the state, decides.
            who: asks for it.
            why: they do.

        Returns:
            The event; None where nothing was to be done.

        Raises:
            RegistryError: what `decide` raises; the place cannot do it; or others were always quicker.
        """
        for _ in range(_MAX_TRIES):
            newest = self.newest()
            number, state = (newest.number, newest.state) if newest else (0, State())
            change = decide(state)
            if change is None:
                return None
            event = Event(
                number=number + 1,
                at=datetime.now(UTC),
                who=who,
                why=why,
                action=change.action,
                version=change.version,
                channel=change.channel,
                state=after(state, *change),
            )
            if self._place.create(file_of(event.number), event.written()):
                return event
        raise RegistryError(
            f"a change is made between those of others; found them quicker {_MAX_TRIES} times at "
            f"{self._place.address}: see who writes so often, and try again"
        )


def file_of(number: int) -> str:
    """The name of an event's file; names sort by number."""
    return f"{HISTORY}/{number:08d}.json"
