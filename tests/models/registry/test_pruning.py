"""Pruning: what has to stay stays, whatever was done before and by whom, and nothing half of a version loads."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.checkpoint import load_checkpoint
from models.errors import RegistryError
from models.registry import ChannelState, Registry, State
from models.registry.pruning import prunable
from tests.models.registry.made import assert_history_is_whole, make, name

NUMBERS = st.integers(1, 12)
STATES = st.builds(
    State,
    channels=st.dictionaries(
        st.sampled_from(["production", "candidate", "shadow"]),
        st.builds(ChannelState, version=NUMBERS.map(name), previous=st.lists(NUMBERS.map(name), unique=True)),
    ),
    pins=st.lists(NUMBERS.map(name), max_size=3, unique=True),
)


@given(state=STATES, numbers=st.sets(NUMBERS), keep=st.integers(1, 12))
def test_what_goes_is_old_and_nothing_holds_it(state: State, numbers: set[int], keep: int) -> None:
    versions = sorted(map(name, numbers))
    gone = prunable(versions, state, keep)
    stay = [version for version in versions if version not in gone]
    assert set(versions[-keep:]) <= set(stay)
    assert not set(gone) & set(state.pins)
    for channel in state.channels.values():
        assert not set(gone) & {channel.version, *channel.previous[:1]}
    for version in stay[:-keep]:
        held = [v for c in state.channels.values() for v in (c.version, *c.previous[:1])]
        assert version in [*held, *state.pins]  # it goes if nothing holds it


ASKED = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["promote", "publish", "pin", "unpin"]), st.integers(1, 7)),
        st.tuples(st.just("promote"), st.integers(1, 7)),
        st.tuples(st.sampled_from(["prune", "rollback"]), st.integers(1, 2)),
    ),
    max_size=25,
)


class Model:
    """The same in the plainest words: what an operator would keep on a sheet of paper."""

    def __init__(self) -> None:
        self.there: set[int] = set()
        self.stack: list[int] = []
        self.pins: set[int] = set()

    def do(self, action: str, number: int) -> bool:
        """Whether it is allowed; then it is done."""
        if action == "publish":
            self.there.add(number)
            return True
        if action == "prune":
            self.there &= {*self.stack[-2:], *self.pins, *sorted(self.there)[-number:]}
            self.stack = [each for each in self.stack if each in self.there]
            return True
        if action == "rollback":
            return len(self.stack) > 1 and self.stack.pop() > 0
        if action == "unpin":
            return number in self.pins and (self.pins.discard(number) or True)
        if number not in self.there:
            return False
        if action == "pin":
            self.pins.add(number)
        elif self.stack[-1:] != [number]:
            self.stack = [*(each for each in self.stack if each != number), number]
        return True


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for number in range(1, 8):
        make(folder, number)
    return folder


@pytest.fixture(scope="module", autouse=True)
def memory() -> Iterator[None]:
    yield
    fsspec.filesystem("memory").store.clear()


@settings(max_examples=30, deadline=None)
@given(asked=ASKED)
def test_any_sequence_is_what_a_sheet_of_paper_says(made: Path, asked: list[tuple[str, int]]) -> None:
    registry, model = Registry(f"memory://{uuid4().hex}/versions"), Model()
    for action, number in [*(("publish", number) for number in range(1, 6)), ("promote", 3), *asked]:
        version = name(number)
        does = {
            "publish": lambda v=version: registry.publish(made / v, who="ann"),
            "promote": lambda v=version: registry.promote(v, who="ann"),
            "rollback": lambda: registry.rollback(who="ann"),
            "pin": lambda v=version: registry.pin(v, who="ann"),
            "unpin": lambda v=version: registry.unpin(v, who="ann"),
            "prune": lambda n=number: registry.prune(n, who="ann"),
        }[action]
        if model.do(action, number):
            does()
        else:
            with pytest.raises(RegistryError):
                does()
        assert registry.versions() == sorted(map(name, model.there))
        pointed = [v for each in registry.state().channels.values() for v in (each.version, *each.previous)]
        assert pointed == [name(each) for each in reversed(model.stack)]
        assert set(registry.state().pins) == set(map(name, model.pins))
    assert_history_is_whole(registry)


def test_it_names_what_went_and_tells_each(registry: Registry, place: Path) -> None:
    for number in (1, 2, 3):
        registry.promote(name(number), who="ann")
    registry.pin(name(1), who="ann")
    assert registry.prunable(2) == registry.prune(2, who="ann") == [name(4)]
    assert registry.versions() == [name(number) for number in (1, 2, 3, 5, 6)]
    event = registry.history(1)[0]
    assert (event.action, event.version, event.why) == ("prune", name(4), "beyond the 2 newest")
    registry.unpin(name(1), who="ann")
    assert registry.prune(2, who="ann") == [name(1)]
    assert registry.rollback(who="ann").version == name(2)
    assert not registry.state().channels["production"].previous
    assert not [path for path in place.iterdir() if path.name.startswith(".")]


def test_a_version_that_is_being_written_is_not_touched(registry: Registry, place: Path) -> None:
    half = place / f".{name(0)}.ab12cd34.partial"
    half.mkdir()
    (place / name(0)).mkdir()  # as in a store, where files arrive before the manifest
    (place / name(0) / "weights.safetensors").write_text("on its way")
    registry.prune(1, who="ann")
    assert half.is_dir()
    assert (place / name(0) / "weights.safetensors").read_text() == "on its way"


def test_nobody_points_at_what_was_given_up(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the decision and the removal: the files are whole, and no longer a version."""

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("models.registry.local.LocalPlace.remove", dies)
        with pytest.raises(KeyboardInterrupt):
            registry.prune(5, who="ann")
    load_checkpoint(registry.place_of(name(1)))
    assert name(1) not in registry.versions()
    for ask in (registry.promote, registry.pin):
        with pytest.raises(RegistryError, match=f"found {name(1)} pruned"):
            ask(name(1), who="ann")
    with pytest.raises(RegistryError, match=f"found some of {name(1)}: end the removal"):
        registry.publish(Path(registry.place_of(name(1))), who="ann")
    assert registry.prune(5, who="ann") == []
    assert not Path(registry.place_of(name(1))).exists()


def test_who_promotes_while_a_prune_decides_wins_or_is_refused(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The promotion lands after the prune has listed what may go, and before it gives that up."""
    from models.registry import pruning

    give_up = pruning._give_up

    def later(*given: object) -> bool:
        Registry(registry.place).promote(name(1), who="bob")
        return give_up(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(pruning, "_give_up", later)
    assert registry.prune(5, who="ann") == []
    assert registry.version_of() == name(1)
    assert name(1) in registry.versions()


def test_keeping_none_is_refused(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="found keep = 0"):
        registry.prune(0, who="ann")
