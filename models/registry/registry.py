"""A registry: versions, channels that point at them, and the history of who changed what.

Every change is one event in the history (`history.py`), so it is made entirely or not at all, and of two writers one
is second and decides with what the first one did.
"""

from itertools import islice
from pathlib import Path
from typing import Any

from models.errors import RegistryError
from models.registry.changes import ANY, AnyVersion, check_expected, check_not_pruned, listed, rollback_target
from models.registry.copies import changed, last_change
from models.registry.event import Event, State
from models.registry.history import Change, Decide, History
from models.registry.names import PRODUCTION, checked_channel, checked_version, local_name, of_its_folder
from models.registry.place import place_at
from models.registry.pruning import prunable, prune, whole_versions
from models.storage.location import within

_REMEMBERED = 100
"""Newest events among which a repeated publish looks for the first one."""


class Registry:
    """The registry in a folder or below a URL. One that is not there yet is empty, and is made by the first change.

    Every method reads the place anew; nothing is remembered between them.

    Raises:
        RegistryError: of each method, where the history is damaged.
        OSError, CheckpointError, ConfigError: of each method, where the place may not be read or written.
    """

    def __init__(self, place: str | Path) -> None:
        self.place = str(place)
        self._place = place_at(place)
        self._history = History(self._place)

    def state(self) -> State:
        """What the channels point at, and what is pinned."""
        newest = self._history.newest()
        return newest.state if newest else State()

    def head(self) -> int:
        """The number of the newest event; 0 where there is none."""
        return self._history.head()

    def newest(self) -> Event | None:
        """The newest event: its number and the state go together."""
        return self._history.newest()

    def newer_than(self, number: int) -> State | None:
        """The state, if there is an event after that number. Asks for one file where there is none: for polling."""
        return None if self._history.event(number + 1) is None else self.state()

    def version_of(self, channel: str = PRODUCTION) -> str | None:
        """The version that a channel points at, if there is such a channel."""
        return self.state().version_of(checked_channel(channel))

    def place_of(self, version: str) -> str:
        """The path or URL of a version, for `load_checkpoint`; it is not looked for."""
        return within(self._place.address, checked_version(version))

    def known(self, version: str) -> dict[str, Any]:
        """The manifest of a version, verified by its digest.

        Raises:
            CheckpointError: it was altered, or is of another format.
            RegistryError: there is no such version, or it is another one in a folder of this name.
        """
        found = self._place.manifest(checked_version(version))
        if found is None:
            raise RegistryError(
                f"a version is in the registry; found none named {version} at {self.place}, whose newest are "
                f"{listed(self.versions()[::-1])}: name one of those, or publish it"
            )
        return of_its_folder(found, version)

    def versions(self) -> list[str]:
        """Names of the whole versions, oldest first, without those that are being removed."""
        return whole_versions(self._place, self.state())

    def history(self, limit: int | None = None) -> list[Event]:
        """The newest events, newest first."""
        return list(islice(self._history.backwards(), limit))

    def publish(self, local_version: Path, who: str, why: str = "") -> str:
        """Copy a local version here, if it is not here yet; it appears whole or not at all.

        Returns:
            Its name.

        Raises:
            RegistryError: a prune is removing one of its name.
            CheckpointError: it is not whole, or another one of its name is here.
        """
        version = local_name(local_version)
        state = self.state()
        if version in state.pruned and self._place.left_of([version]):
            raise RegistryError(
                f"a version that was pruned comes back when its files are gone; found some of {version}: end the "
                f"removal with `threefold models prune`, then publish it again"
            )
        if local_version.resolve() == Path(self._place.address).resolve() / version:
            self._place.verify(version)
        else:
            self._place.take(local_version.resolve())
        recent = self.history(_REMEMBERED)
        told = next((e for e in recent if e.version == version and e.action in ("publish", "prune")), None)
        if told is None or told.action == "prune":
            self._change(lambda _: Change("publish", version), who, why)
        return version

    def promote(
        self,
        version: str,
        channel: str = PRODUCTION,
        *,
        who: str,
        why: str = "",
        expected: str | AnyVersion | None = ANY,
    ) -> Event:
        """Point a channel at a version, all of whose files were read and verified.

        Args:
            version: of this registry.
            channel: is made if it is not there.
            who: asks for it.
            why: they do.
            expected: what the channel has to point at, None for nothing.

        Returns:
            The event. Where the channel points there already, the one that made it so, and nothing changes.

        Raises:
            RegistryError: there is no such version, it was given up, or the channel points elsewhere than expected.
            CheckpointError: a file of it is missing or altered.
        """
        checked_channel(channel)
        self.known(version)
        self._place.verify(version)

        def decide(state: State) -> Change | None:
            if state.version_of(channel) == version:
                return None
            check_expected(state, channel, expected)
            check_not_pruned(state, version)
            return Change("promote", version, channel)

        return self._change(decide, who, why) or self._moved(channel)

    def rollback(self, channel: str = PRODUCTION, *, who: str, why: str = "", to: str | None = None) -> Event:
        """Point a channel at the version before, or further back at `to`. What is left behind is not gone back to.

        Only the manifest is read, so that it is quick whatever the model's size; whoever serves the version verifies
        the rest, as always.

        Raises:
            RegistryError: there is no such channel, or none before its version, or the version is no longer here.
        """
        checked_channel(channel)

        def decide(state: State) -> Change:
            target = rollback_target(state, channel, to)
            self.known(target)
            return Change("rollback", target, channel)

        event = self._change(decide, who, why)
        assert event is not None  # `decide` always decides
        return event

    def pin(self, version: str, *, who: str, why: str = "") -> Event | None:
        """Keep a version until it is unpinned; None where it is pinned already.

        Raises:
            RegistryError: there is no such version, or it was given up.
        """
        self.known(version)

        def decide(state: State) -> Change | None:
            check_not_pruned(state, version)
            return None if version in state.pins else Change("pin", version)

        return self._change(decide, who, why)

    def unpin(self, version: str, *, who: str, why: str = "") -> Event:
        """No longer keep a version.

        Raises:
            RegistryError: it is not pinned.
        """

        def decide(state: State) -> Change:
            if version not in state.pins:
                raise RegistryError(
                    f"a version that is pinned is unpinned; found {listed(state.pins)} pinned, and not {version!r}: "
                    f"name one of those"
                )
            return Change("unpin", version)

        event = self._change(decide, who, why)
        assert event is not None  # `decide` always decides
        return event

    def hold(self, version: str, *, who: str, why: str, channel: str | None = None) -> Event:
        """Put on record that a version was not promoted, whether it is here or not."""
        change = Change("hold", checked_version(version), channel and checked_channel(channel))
        event = self._change(lambda _: change, who, why)
        assert event is not None  # it is always decided
        return event

    def prune(self, keep: int, who: str, why: str = "") -> list[str]:
        """Remove all but the newest versions, never the champion of a channel, the one before it or a pinned one.

        Each is given up by an event before its first file goes: whoever would promote it then is refused. What an
        earlier prune did not finish is finished first.

        Returns:
            Names of the versions given up, oldest first.
        """
        return prune(self._place, self._history, keep, who, why or f"beyond the {keep} newest")

    def prunable(self, keep: int) -> list[str]:
        """What `prune` would give up."""
        return prunable(self.versions(), self.state(), keep)

    def _moved(self, channel: str) -> Event:
        event = last_change(channel, self._history)
        if event is None:
            raise RegistryError(
                f"the history of a registry says how channel {channel} came to its version; found no such event at "
                f"{self.place}: restore its files, or promote another version"
            )
        return event

    def _change(self, decide: Decide, who: str, why: str) -> Event | None:
        return changed(self._place, self._history, decide, who, why)
