"""One change of a registry and the whole state after it, as the file in `history/` has it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field, ValidationError

from models.errors import RegistryError
from models.frozen import Frozen

Action = Literal["publish", "promote", "rollback", "pin", "unpin", "prune", "hold"]


class ChannelState(Frozen):
    """What a channel points at."""

    version: str
    """The one that is served; that of `production` is the champion."""
    previous: tuple[str, ...] = ()
    """Those before it, newest first: where a rollback goes. Each is there once, and none that was pruned."""


class State(Frozen):
    """What a registry holds beside its versions."""

    channels: Mapping[str, ChannelState] = Field(default_factory=dict)
    """By name."""
    pins: tuple[str, ...] = ()
    """Versions that are kept until somebody says otherwise."""
    pruned: tuple[str, ...] = ()
    """Versions that were given up, newest first: nothing may point at one, even while its files are still there."""

    def version_of(self, channel: str) -> str | None:
        """The version that a channel points at; None where there is no such channel."""
        found = self.channels.get(channel)
        return None if found is None else found.version

    def protected(self) -> frozenset[str]:
        """Versions that are never pruned: of each channel the present and the previous one, and those pinned."""
        held = (version for each in self.channels.values() for version in (each.version, *each.previous[:1]))
        return frozenset((*held, *self.pins))


class Event(Frozen):
    """A change, never changed itself."""

    number: int = Field(ge=1)
    """Its place in the history; each is there once."""
    at: datetime
    """By the clock of whoever made it, in UTC."""
    who: str
    why: str
    action: Action
    version: str | None
    """That the action is about; of a rollback the one that is served now."""
    channel: str | None
    """That was changed."""
    state: State
    """The whole state from here on."""

    def written(self) -> bytes:
        """The contents of its file."""
        return (self.model_dump_json(indent=2) + "\n").encode()


def read_event(file: str, number: int, contents: bytes) -> Event:
    """The event in a file of the history.

    Raises:
        RegistryError: it holds none, or another one than its name says.
    """
    try:
        event = Event.model_validate_json(contents)
    except ValidationError as error:
        first = error.errors()[0]
        found = ".".join(map(str, (*first["loc"], first["msg"])))
    else:
        if event.number == number:
            return event
        found = f"event {event.number}"
    raise RegistryError(
        f"a file of a registry's history holds the event of its number; found in {file}: {found}: restore the file; or "
        f"move it away if it is the newest, which takes back what it said"
    )
