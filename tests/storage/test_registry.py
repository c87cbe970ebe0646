"""A registry in an object store: the same as in a folder, where the store can do what that takes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from models.checkpoint import WEIGHTS, load_checkpoint
from models.errors import CheckpointError, RegistryError
from models.manifest_file import MANIFEST
from models.registry import Registry
from models.storage.location import parsed
from models.storage.store import Store
from tests.models.registry.made import assert_history_is_whole, make, name


def filled(place: str, folder: Path, versions: int = 4) -> Registry:
    registry = Registry(place)
    for number in range(1, versions + 1):
        registry.publish(make(folder / "made", number), who="maker")
    return registry


def test_a_whole_life_by_url(anywhere: str, tmp_path: Path) -> None:
    assert (Registry(anywhere).head(), Registry(anywhere).versions()) == (0, [])
    registry = filled(anywhere, tmp_path)
    for number in (1, 2, 3):
        registry.promote(name(number), who="ann", expected=None if number == 1 else name(number - 1))
    head = registry.head()
    assert registry.newer_than(head) is None
    with pytest.raises(RegistryError, match="judged against"):
        registry.promote(name(4), who="ann", expected=name(1))
    assert registry.rollback(who="ann", why="complaints").version == name(2)
    found = registry.newer_than(head)
    assert found is not None
    assert found.version_of("production") == name(2)
    assert load_checkpoint(registry.place_of(name(2)))[1].version == name(2)

    assert registry.prune(1, who="ann") == [name(3)]
    assert registry.versions() == [name(1), name(2), name(4)]
    assert not Store(parsed(registry.place_of(name(3)))).has_files()
    assert registry.publish(tmp_path / "made" / name(3), who="ann") == name(3)
    assert registry.promote(name(3), who="ann", channel="candidate").state.pruned == ()
    assert load_checkpoint(anywhere)[1].version == name(4)
    assert b'"complaints"' in (Store(parsed(anywhere)).read("channels/production.json") or b"")
    assert_history_is_whole(registry)


def test_writers_at_once_each_have_their_own_number(s3: str, tmp_path: Path) -> None:
    filled(s3, tmp_path, versions=3)

    def write(who: str) -> list[int]:
        registry, done = Registry(s3), []
        for turn in range(5):
            champion = registry.version_of()
            version = name(1 + (turn + len(who)) % 3)
            try:
                event = registry.promote(version, who=who, expected=champion)
            except RegistryError:
                continue
            if event.who == who:
                done.append(event.number)
        return sorted(set(done))

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(write, ["x", "yz"])
    registry = Registry(s3)
    assert_history_is_whole(registry)
    by = {event.number: event.who for event in registry.history() if event.action == "promote"}
    assert dict.fromkeys(one, "x") | dict.fromkeys(other, "yz") == by
    assert not set(one) & set(other)


def test_a_store_makes_a_file_once(anywhere: str) -> None:
    store = Store(parsed(anywhere))
    assert store.create("history/00000001.json", b"first")
    assert not store.create("history/00000001.json", b"second")
    assert store.read("history/00000001.json") == b"first"
    assert (store.folders(), Store(parsed(f"{anywhere}/history")).files()) == (["history"], ["00000001.json"])
    assert store.has("history/00000001.json")
    assert not store.has("history")


def test_a_store_that_overwrites_is_refused_before_anything_is_written(
    memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some take the condition and pass it by; two writers would both believe that they were first."""

    def create(store: Store, file: str, contents: bytes) -> bool:
        store.write(file, contents)
        return True

    monkeypatch.setattr(Store, "create", create)
    make(tmp_path, 1)
    registry = Registry(memory)
    with pytest.raises(RegistryError, match=f"on the condition that it is not there.*found that {memory} overwrites"):
        registry.publish(tmp_path / name(1), who="ann")
    assert registry.head() == 0
    assert Store(parsed(memory)).files() == []


def test_a_kind_of_store_that_only_looks_first_is_refused(
    memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, 1)
    monkeypatch.setattr("models.registry.remote._DECIDE", {"s3"})
    with pytest.raises(RegistryError, match="overwrites"):
        Registry(memory).publish(tmp_path / name(1), who="ann")


def test_an_answer_that_was_lost_is_no_other_writer(
    memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = filled(memory, tmp_path, versions=2)
    create = Store.create

    def forgetful(store: Store, file: str, contents: bytes) -> bool:
        return create(store, file, contents) and not file.startswith("history/")

    monkeypatch.setattr(Store, "create", forgetful)
    event = registry.promote(name(1), who="ann")
    assert (event.number, registry.head()) == (3, 3)


def test_a_file_that_is_missing_or_altered_is_no_champion(memory: str, tmp_path: Path) -> None:
    registry, store = filled(memory, tmp_path, versions=2), Store(parsed(memory))
    store.write(f"{name(1)}/{WEIGHTS}", b"torn")
    store.remove(f"{name(2)}/{WEIGHTS}")
    for number, rule in ((1, "must have the SHA-256"), (2, "which is missing")):
        with pytest.raises(CheckpointError, match=rule):
            registry.promote(name(number), who="ann")
    assert registry.version_of() is None


def test_a_killed_prune_leaves_nothing_that_loads_and_the_next_one_ends_it(
    memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = filled(memory, tmp_path, versions=3)

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Store, "remove_all", dies)
        with pytest.raises(KeyboardInterrupt):
            registry.prune(2, who="ann")
    store = Store(parsed(memory))
    assert store.read(f"{name(1)}/{WEIGHTS}")
    assert not store.has(f"{name(1)}/{MANIFEST}")
    with pytest.raises(CheckpointError, match="found none at"):
        load_checkpoint(registry.place_of(name(1)))
    assert registry.prune(2, who="ann") == []
    assert store.folders() == [name(2), name(3), "history"]


def test_an_upload_that_did_not_end_is_not_touched(memory: str, tmp_path: Path) -> None:
    registry, store = filled(memory, tmp_path, versions=2), Store(parsed(memory))
    store.write(f"{name(0)}/{WEIGHTS}", b"on its way")
    assert registry.versions() == [name(1), name(2)]
    assert registry.prune(1, who="ann") == [name(1)]
    assert store.read(f"{name(0)}/{WEIGHTS}") == b"on its way"


def test_a_url_of_files_is_a_folder(tmp_path: Path) -> None:
    make(tmp_path / "here", 1)
    registry = Registry((tmp_path / "here").as_uri())
    assert registry.promote(name(1), who="ann").number == 1
    assert registry.place_of(name(1)) == str(tmp_path / "here" / name(1))
