"""A registry in a folder: what one asks of it, what it refuses, and in which words."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from models.checkpoint import WEIGHTS, find_version, load_checkpoint
from models.errors import CheckpointError, RegistryError
from models.manifest_file import MANIFEST
from models.registry import Registry
from models.registry.who import who_asks
from tests.models.registry.made import assert_history_is_whole, make, name


def promote(registry: Registry, *numbers: int, channel: str = "production") -> None:
    for number in numbers:
        registry.promote(name(number), channel, who="ann", why=f"better than {number - 1}")


class TestChannels:
    def test_a_folder_that_is_not_there_is_an_empty_registry(self, place: Path) -> None:
        registry = Registry(place)
        assert (registry.head(), registry.newest(), registry.newer_than(0)) == (0, None, None)
        assert (registry.versions(), registry.history(), registry.version_of("production")) == ([], [], None)
        assert not place.exists()

    def test_a_version_that_was_trained_into_the_folder_is_there(self, place: Path) -> None:
        version = make(place, 1)
        registry = Registry(place)
        assert registry.versions() == [version.name]
        assert registry.promote(version.name, who="ann").number == 1
        assert load_checkpoint(registry.place_of(version.name))[1].version == version.name

    def test_the_newest_version_is_still_served_from_the_folder(self, registry: Registry, place: Path) -> None:
        promote(registry, 3)
        assert find_version(place).name == name(6)

    def test_promote_tells_who_when_why(self, registry: Registry) -> None:
        before = registry.head()
        event = registry.promote(name(2), who="ann@host", why="gates passed")
        assert (event.number, event.who, event.why, event.action) == (before + 1, "ann@host", "gates passed", "promote")
        assert registry.history(1) == [event]
        assert event.at.utcoffset() is not None
        assert [len(registry.history(limit)) for limit in (0, 2, 99, None)] == [0, 2, 7, 7]
        assert registry.version_of() == registry.version_of("production") == name(2)

    def test_polling_sees_what_came_after(self, registry: Registry) -> None:
        head = registry.head()
        assert registry.newer_than(head) is None
        promote(registry, 1, 2)
        found, newest = registry.newer_than(head), registry.newest()
        assert found is not None
        assert newest is not None
        assert found == newest.state == registry.state()
        assert found.version_of("production") == name(2)

    def test_promoting_the_champion_again_changes_nothing(self, registry: Registry) -> None:
        """A run that was killed after it promoted does so again, with the champion it knew."""
        first = registry.promote(name(2), who="ann", expected=None)
        registry.hold(name(3), who="bob", why="worse", channel="production")
        assert registry.promote(name(2), who="ann", expected=None) == first
        assert registry.head() == first.number + 1

    def test_a_champion_that_changed_meanwhile_is_not_overwritten(self, registry: Registry) -> None:
        promote(registry, 2, 3)
        for expected, found in ((name(2), name(3)), (None, name(3))):
            with pytest.raises(RegistryError, match=f"found {found} in channel production: judge it against that one"):
                registry.promote(name(4), who="ann", expected=expected)
        assert registry.promote(name(4), who="ann", expected=name(3)).state.version_of("production") == name(4)

    def test_channels_do_not_touch_each_other(self, registry: Registry) -> None:
        promote(registry, 1, 2)
        promote(registry, 4, 5, channel="candidate")
        registry.rollback("candidate", who="ann")
        assert (registry.version_of("production"), registry.version_of("candidate")) == (name(2), name(4))

    def test_people_read_the_same_by_ls(self, registry: Registry, place: Path) -> None:
        promote(registry, 1, 2)
        event = registry.promote(name(3), who="ann", why="naïve, but better")
        said = json.loads((place / "channels" / "production.json").read_text(encoding="utf-8"))
        assert said == {
            "version": name(3),
            "previous": [name(2), name(1)],
            "since": event.at.isoformat(timespec="seconds"),
            "who": "ann",
            "why": "naïve, but better",
            "event": event.number,
        }
        seen = sorted(path.name for path in place.iterdir())
        assert seen == [*map(name, range(1, 7)), "channels", "history"]

    def test_a_copy_that_is_old_torn_or_gone_is_mended_by_the_next_event(self, registry: Registry, place: Path) -> None:
        promote(registry, 1, 2)
        copy = place / "channels" / "production.json"
        good = copy.read_text()
        for found in ('{"version": "of yesterday", "previous": []}', "{", "[]", None):
            copy.unlink() if found is None else copy.write_text(found)
            assert registry.version_of() == name(2)
            registry.hold(name(3), who="ann", why="anything")
            assert copy.read_text() == good


class TestRollback:
    def test_again_goes_further_back_and_never_to_what_was_left_behind(self, registry: Registry) -> None:
        promote(registry, 1, 2, 3, 2, 4)
        gone_back_to = [registry.rollback(who="ann").state.version_of("production") for _ in range(3)]
        assert gone_back_to == [name(2), name(3), name(1)]
        with pytest.raises(RegistryError, match=f"found none before {name(1)}"):
            registry.rollback(who="ann")
        assert_history_is_whole(registry)

    def test_to_an_earlier_one(self, registry: Registry) -> None:
        promote(registry, 1, 2, 3, 4)
        assert registry.rollback(who="ann", to=name(2)).version == name(2)
        assert registry.state().channels["production"].previous == (name(1),)
        with pytest.raises(RegistryError, match=f"'{name(3)}', which is none of {name(1)}"):
            registry.rollback(who="ann", to=name(3))

    def test_a_target_that_somebody_removed_is_refused(self, registry: Registry, place: Path) -> None:
        promote(registry, 1, 2, 3)
        shutil.rmtree(place / name(2))
        with pytest.raises(RegistryError, match=f"found none named {name(2)}"):
            registry.rollback(who="ann")
        assert registry.version_of() == name(3)
        assert registry.rollback(who="ann", to=name(1)).version == name(1)

    def test_an_unknown_channel_names_those_there_are(self, registry: Registry) -> None:
        promote(registry, 1)
        promote(registry, 1, channel="candidate")
        with pytest.raises(RegistryError, match="found candidate, production, and no 'prod'"):
            registry.rollback("prod", who="ann")


class TestWhatIsRefused:
    def test_an_unknown_version_names_the_newest(self, registry: Registry) -> None:
        for ask in (registry.promote, registry.pin):
            with pytest.raises(RegistryError, match=f"newest are {name(6)}, {name(5)}, .* and 1 more: name one"):
                ask("20260101T000009Z-00000009", who="ann")
        assert registry.history(1)[0].action == "publish"

    @pytest.mark.parametrize("wrong", ["", ".", "..", "a/b", "../x", ".hidden", "history", "channels", "a b", "x\n"])
    def test_names_that_are_no_folder_of_ours(self, registry: Registry, wrong: str) -> None:
        for ask in (registry.promote, registry.pin, registry.place_of):
            with pytest.raises(RegistryError, match="a version is named by"):
                ask(wrong) if ask == registry.place_of else ask(wrong, who="ann")  # type: ignore[call-arg]

    @pytest.mark.parametrize("wrong", ["", "..", "a/b", "Production", "x.json", "_x"])
    def test_names_that_are_no_channel(self, registry: Registry, wrong: str) -> None:
        with pytest.raises(RegistryError, match="a channel is named by"):
            registry.promote(name(1), wrong, who="ann")
        with pytest.raises(RegistryError, match="a channel is named by"):
            registry.version_of(wrong)

    def test_a_version_that_is_not_whole_never_becomes_the_champion(self, registry: Registry, place: Path) -> None:
        promote(registry, 1)
        head = registry.head()
        (place / name(2) / WEIGHTS).write_bytes(b"torn")
        (place / name(3) / WEIGHTS).unlink()
        (place / name(4) / MANIFEST).write_text("{")
        (place / name(5)).rename(place / name(9))
        for number, rule in ((2, "SHA-256"), (3, "is missing"), (4, "readable JSON")):
            with pytest.raises(CheckpointError, match=rule):
                registry.promote(name(number), who="ann")
        with pytest.raises(RegistryError, match=f"in a folder of its name; found {name(5)} in {name(9)}"):
            registry.promote(name(9), who="ann")
        assert (registry.head(), registry.version_of()) == (head, name(1))

    def test_unpin_names_what_is_pinned(self, registry: Registry) -> None:
        registry.pin(name(2), who="ann")
        assert registry.pin(name(2), who="ann") is None
        with pytest.raises(RegistryError, match=f"found {name(2)} pinned, and not '{name(3)}'"):
            registry.unpin(name(3), who="ann")


class TestPublish:
    def test_again_is_the_same_and_told_once(self, registry: Registry, tmp_path: Path) -> None:
        head = registry.head()
        assert registry.publish(tmp_path / "made" / name(2), who="bob") == name(2)
        assert registry.head() == head

    def test_another_one_of_the_name_is_refused(self, registry: Registry, place: Path, tmp_path: Path) -> None:
        other = make(tmp_path / "other", 2)
        manifest = (other / MANIFEST).read_text()
        (other / MANIFEST).write_text(manifest + " ")
        with pytest.raises(CheckpointError, match="never changed"):
            registry.publish(other, who="bob")
        assert (place / name(2) / MANIFEST).read_text() == manifest

    def test_what_is_no_whole_version_does_not_come_in(self, registry: Registry, place: Path, tmp_path: Path) -> None:
        (torn := make(tmp_path / "torn", 8)).joinpath(WEIGHTS).write_bytes(b"torn")
        with pytest.raises(CheckpointError, match=f"{torn / WEIGHTS} must have the SHA-256"):
            registry.publish(torn, who="bob")
        with pytest.raises(CheckpointError, match="found none at"):
            registry.publish(tmp_path, who="bob")
        assert len(list(place.iterdir())) == 7

    def test_a_pruned_version_comes_back(self, registry: Registry, tmp_path: Path) -> None:
        assert name(1) in registry.prune(2, who="ann")
        assert registry.publish(tmp_path / "made" / name(1), who="bob") == name(1)
        assert registry.state().pruned == (name(4), name(3), name(2))
        promote(registry, 1)
        assert_history_is_whole(registry)


class TestDamagedHistory:
    def newest(self, place: Path) -> Path:
        return sorted((place / "history").iterdir())[-1]

    @pytest.mark.parametrize("contents", ["", "{", '{"number": 7}', "null"])
    def test_a_torn_or_foreign_event_is_refused_by_name(self, registry: Registry, place: Path, contents: str) -> None:
        promote(registry, 1)
        file = self.newest(place)
        whole = file.read_text()
        file.write_text(contents)
        for ask in (registry.state, registry.history, lambda: promote(registry, 2), lambda: registry.prune(2, "ann")):
            with pytest.raises(RegistryError, match=f"found in {file}"):
                ask()
        assert len(registry._place.versions()) == 6
        file.write_text(whole)
        promote(registry, 2)

    def test_an_event_that_was_copied_to_another_number_is_refused(self, registry: Registry, place: Path) -> None:
        file = self.newest(place)
        shutil.copy(file, file.with_name("00000009.json"))
        with pytest.raises(RegistryError, match=r"00000009.json: event 6"):
            registry.state()

    def test_moving_the_newest_event_away_takes_it_back(self, registry: Registry, place: Path) -> None:
        promote(registry, 1, 2)
        self.newest(place).rename(place / "aside.json")
        assert registry.version_of() == name(1)
        promote(registry, 3)
        assert json.loads((place / "channels" / "production.json").read_text())["previous"] == [name(1)]

    def test_what_is_not_named_like_an_event_is_passed_by(self, registry: Registry, place: Path) -> None:
        state, head = registry.state(), registry.head()
        strange = ["00000099.json~", ".00000099.json.ab12cd34.partial", "99.json", "README", ".DS_Store", "x.json"]
        for file in strange:
            (place / "history" / file).write_text("not ours")
        assert (registry.state(), registry.head()) == (state, head)
        promote(registry, 1)
        assert registry.head() == head + 1

    def test_old_events_may_be_removed(self, registry: Registry, place: Path) -> None:
        promote(registry, 1, 2)
        for file in sorted((place / "history").iterdir())[:-1]:
            file.unlink()
        assert registry.version_of() == name(2)
        assert registry.rollback(who="ann").version == name(1)
        assert len(registry.history()) == 2


def test_a_file_system_without_links_is_refused(
    registry: Registry, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", link)
    with pytest.raises(RegistryError, match=r"can link files.*found Operation not permitted"):
        promote(registry, 1)
    assert registry.version_of() is None
    assert not [path for path in (place / "history").iterdir() if path.name.startswith(".")]


def test_a_full_disk_is_no_file_system_without_links(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.link", link)
    with pytest.raises(OSError, match="No space left"):
        promote(registry, 1)
    assert registry.version_of() is None


def test_an_answer_of_nfs_that_was_lost_is_no_other_writer(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a rollback would be decided twice, and go two versions back."""
    for number in (1, 2, 3):
        promote(registry, number)
    head, link = registry.head(), os.link

    def forgetful(source: Path, target: Path) -> None:
        link(source, target)
        raise FileExistsError(errno.EEXIST, "File exists")

    monkeypatch.setattr("os.link", forgetful)
    assert registry.rollback(who="ann").version == name(2)
    assert registry.head() == head + 1


def test_someone_always_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "@" in who_asks()

    def nobody() -> str:
        raise KeyError("no such user")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert who_asks().partition("@")[0].isdigit()
