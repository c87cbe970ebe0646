"""`channels/NAME.json`: what a channel points at, for people and `ls`. Nothing reads them to decide anything.

They are written after each event and never before, so one that a killed writer left behind is older than the history
and is mended by the next event. Whoever wrote one looks whether the history went on meanwhile, so that the slower of
two writers does not leave the older copy.
"""

import json
from typing import Any

from models.registry.event import ChannelState, Event
from models.registry.history import Decide, History
from models.registry.names import CHANNELS
from models.registry.place import Place


def changed(place: Place, history: History, decide: Decide, who: str, why: str) -> Event | None:
    """Make the next event, and the copies after it.

    Raises:
        RegistryError: see `History.append`.
        OSError, CheckpointError: the place may not be written.
    """
    event = history.append(decide, who, why)
    if event is not None:
        write_copies(place, history)
    return event


def write_copies(place: Place, history: History) -> None:
    """Make the copies what the history says.

    Raises:
        OSError, CheckpointError: the place may not be written; the history is untouched by that.
    """
    written = 0
    while (newest := history.newest()) is not None and newest.number > written:
        for name, channel in newest.state.channels.items():
            if newest.channel == name or not _is_copy(place.read(_file(name)), channel):
                place.replace(_file(name), _copy(name, channel, history))
        written = newest.number


def _file(channel: str) -> str:
    return f"{CHANNELS}/{channel}.json"


def _is_copy(contents: bytes | None, channel: ChannelState) -> bool:
    try:
        found = json.loads(contents or b"null")
        return (found["version"], tuple(found["previous"])) == (channel.version, channel.previous)
    except (ValueError, TypeError, KeyError):
        return False


def _copy(name: str, channel: ChannelState, history: History) -> bytes:
    said: dict[str, Any] = {"version": channel.version, "previous": channel.previous}
    event = last_change(name, history)
    if event is not None:
        said |= {"since": event.at.isoformat(timespec="seconds"), "who": event.who, "why": event.why}
        said["event"] = event.number
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def last_change(channel: str, history: History) -> Event | None:
    """The event that made a channel point where it does."""
    moved = (event for event in history.backwards() if event.channel == channel and event.action != "hold")
    return next(moved, None)
