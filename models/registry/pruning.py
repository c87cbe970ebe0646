"""Which versions may go, and how they go. One that is being written is no version yet, so it is never among them.

Each is given up by an event before its first file goes: whoever would promote it then is refused, and a prune that is
killed in between is finished by the next one.
"""

from collections.abc import Sequence

from models.errors import RegistryError
from models.registry.copies import changed
from models.registry.event import State
from models.registry.history import Change, History
from models.registry.place import Place


def whole_versions(place: Place, state: State) -> list[str]:
    """Names of the whole versions, oldest first, without those that were given up."""
    return [version for version in place.versions() if version not in state.pruned]


def prunable(versions: Sequence[str], state: State, keep: int) -> list[str]:
    """Versions beyond the newest, oldest first, that nothing protects.

    Args:
        versions: that are whole, sorted.
        state: of the registry.
        keep: newest ones that stay, whatever points at them.

    Raises:
        RegistryError: `keep` is below 1.
    """
    if keep < 1:
        raise RegistryError(
            f"the newest version is always kept; found keep = {keep}: give 1 or more, or remove the folder"
        )
    return [version for version in versions[:-keep] if version not in state.protected()]


def prune(place: Place, history: History, keep: int, who: str, why: str) -> list[str]:
    """Give up and remove versions; return their names, oldest first."""
    newest = history.newest()
    state, head = (newest.state, newest.number) if newest else (State(), 0)
    gone = prunable(whole_versions(place, state), state, keep)
    place.sweep(head)
    for version in place.left_of(state.pruned):
        _remove(place, history, version)
    return [version for version in gone if _give_up(place, history, version, who, why)]


def _give_up(place: Place, history: History, version: str, who: str, why: str) -> bool:
    def decide(state: State) -> Change | None:
        return None if version in {*state.protected(), *state.pruned} else Change("prune", version)

    if changed(place, history, decide, who, why) is None:
        return False
    _remove(place, history, version)
    return True


def _remove(place: Place, history: History, version: str) -> None:
    """Remove what is given up, unless somebody published it again meanwhile."""
    newest = history.newest()
    if newest is not None and version in newest.state.pruned:
        place.remove(version)
