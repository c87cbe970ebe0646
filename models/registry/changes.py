"""What each kind of change makes of a state. Pure: the history is the fold of these."""

from enum import Enum

from models.errors import RegistryError
from models.registry.event import Action, ChannelState, State

MAX_PREVIOUS = 50
"""Versions that a channel can be rolled back to; one a night, that is more than anybody keeps."""
MAX_PRUNED = 100
"""Names that are remembered as given up. Their files are gone long before they are forgotten: each prune first ends
what an earlier one began."""


class AnyVersion(Enum):
    """Of `expected`: whatever the champion is."""

    ANY = "any"


ANY = AnyVersion.ANY


def after(state: State, action: Action, version: str | None, channel: str | None) -> State:
    """The state after an event; one that changes nothing (publish a new version, hold) leaves it as it is."""
    match action, version, channel:
        case "promote", str(), str():
            return _promoted(state, version, channel)
        case "rollback", str(), str():
            return _rolled_back(state, version, channel)
        case "pin", str(), _:
            return _with(state, pins=(*(pin for pin in state.pins if pin != version), version))
        case "unpin", str(), _:
            return _with(state, pins=_without(state.pins, version))
        case "prune", str(), _:
            return _pruned(state, version)
        case "publish", str(), _:
            return _with(state, pruned=_without(state.pruned, version))
    return state


def check_expected(state: State, channel: str, expected: str | AnyVersion | None) -> None:
    """See that a channel still is what a caller judged by.

    Raises:
        RegistryError: somebody changed it meanwhile.
    """
    found = state.version_of(channel)
    if expected is not ANY and found != expected:
        raise RegistryError(
            f"a version is promoted over the champion that it was judged against, {expected or 'none'}; found "
            f"{found or 'none'} in channel {channel}: judge it against that one"
        )


def check_not_pruned(state: State, version: str) -> None:
    """See that nobody gave a version up.

    Raises:
        RegistryError: it was pruned, though some of its files may still be there.
    """
    if version in state.pruned:
        raise RegistryError(
            f"a version that is pointed at is kept; found {version} pruned: publish it again from a copy, or name "
            f"another version"
        )


def rollback_target(state: State, channel: str, to: str | None) -> str:
    """The version that a rollback goes to.

    Raises:
        RegistryError: there is no such channel, nothing before its version, or `to` is none of those before it.
    """
    found = state.channels.get(channel)
    if found is None:
        raise RegistryError(
            f"a channel is rolled back once something was promoted to it; found {listed(sorted(state.channels))}, and "
            f"no {channel!r}: name one of those"
        )
    if not found.previous:
        raise RegistryError(
            f"a rollback goes to a version that channel {channel} had before; found none before {found.version}: "
            f"promote another version instead"
        )
    if to is not None and to not in found.previous:
        raise RegistryError(
            f"a rollback goes to a version that channel {channel} had before; found {to!r}, which is none of "
            f"{listed(found.previous)}: name one of those, or promote it"
        )
    return to or found.previous[0]


def listed(names: tuple[str, ...] | list[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    if not names:
        return "none"
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _promoted(state: State, version: str, channel: str) -> State:
    now = state.channels.get(channel)
    before = () if now is None else (now.version, *now.previous)
    return _pointing(state, channel, version, tuple(v for v in dict.fromkeys(before) if v != version))


def _rolled_back(state: State, version: str, channel: str) -> State:
    """What was left behind is not gone back to: a second rollback goes further back."""
    previous = state.channels[channel].previous
    return _pointing(state, channel, version, previous[previous.index(version) + 1 :])


def _pruned(state: State, version: str) -> State:
    channels = {
        name: ChannelState(version=each.version, previous=_without(each.previous, version))
        for name, each in state.channels.items()
    }
    pruned = (version, *_without(state.pruned, version))[:MAX_PRUNED]
    return State(channels=channels, pins=state.pins, pruned=pruned)


def _pointing(state: State, channel: str, version: str, previous: tuple[str, ...]) -> State:
    now = ChannelState(version=version, previous=previous[:MAX_PREVIOUS])
    return State(channels={**state.channels, channel: now}, pins=state.pins, pruned=state.pruned)


def _with(state: State, pins: tuple[str, ...] | None = None, pruned: tuple[str, ...] | None = None) -> State:
    return State(
        channels=state.channels,
        pins=state.pins if pins is None else pins,
        pruned=state.pruned if pruned is None else pruned,
    )


def _without(versions: tuple[str, ...], version: str) -> tuple[str, ...]:
    return tuple(each for each in versions if each != version)
