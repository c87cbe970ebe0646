"""Which version a registry's channel points at, asked as cheaply as it can be."""

from pathlib import Path

from models.registry import Registry


class Channel:
    """A channel of a registry. Every method may wait for a disk or a store, so none is for the event loop.

    Args:
        place: of the registry, a path or a URL.
        name: of the channel.
    """

    def __init__(self, place: Path | str, name: str) -> None:
        self.name = name
        self._registry = Registry(place)
        self._seen: int | None = None
        self._wanted: str | None = None

    def wanted(self, *, anew: bool = False) -> str | None:
        """The version to serve; None as long as nothing was promoted.

        Args:
            anew: read all again, where otherwise only a newer event is looked for.

        Raises:
            ThreefoldError, OSError: the registry does not answer, or is damaged.
        """
        if anew or self._seen is None or self._registry.newer_than(self._seen) is not None:
            newest = self._registry.newest()
            self._wanted = newest.state.version_of(self.name) if newest else None
            self._seen = newest.number if newest else 0
        return self._wanted

    def before(self) -> str | None:
        """The version that the channel had before the one that it points at; None where there was none.

        Raises:
            ThreefoldError, OSError: see `wanted`.
        """
        held = self._registry.state().channels.get(self.name)
        return held.previous[0] if held and held.previous else None

    def place_of(self, version: str) -> str:
        """Where a version lies, a path or a URL.

        Raises:
            ThreefoldError, OSError: see `wanted`.
        """
        return self._registry.place_of(version)
