"""Versions in an object store: what goes up comes down byte for byte, and what is not whole is no version."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fsspec.registry import _registry

from models.checkpoint import GROWTH, WEIGHTS, load_checkpoint
from models.errors import CheckpointError, ConfigError
from models.manifest import MANIFEST, read_manifest
from models.manifest_file import digest
from models.storage.fetch import fetched, local_copy
from models.storage.location import parsed
from models.storage.publish import check_publishable, published
from models.storage.store import Store
from models.storage.versions import VersionsFolder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def forged(version: Path, **changes: Any) -> Path:
    """Change a version's manifest and its digest with it."""
    raw = {**json.loads((version / MANIFEST).read_text()), **changes}
    del raw["digest"]
    (version / MANIFEST).write_text(json.dumps({**raw, "digest": digest(raw)}))
    return version


def dying_after(files: int, method: Callable[..., None]) -> Callable[..., None]:
    """The method, for so many calls; then the process is stopped."""
    left = iter(range(files))

    def called(*given: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        method(*given)

    return called


def torn(version: Path, url: str, files: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish, and stop after so many files."""
    with monkeypatch.context() as patched:
        patched.setattr(Store, "upload", dying_after(files, Store.upload))
        patched.setattr(Store, "write", dying_after(0, Store.write))
        with pytest.raises(KeyboardInterrupt):
            published(version, url)


class TestRoundTrip:
    def test_a_version_comes_back_byte_for_byte(self, anywhere: str, version: Path) -> None:
        place = published(version, anywhere)
        assert place == f"{anywhere}/{version.name}"
        for url in (place, f"{place}/", anywhere, f"{anywhere}/"):
            assert contents(fetched(url)) == contents(version)
        predictor, manifest = load_checkpoint(anywhere)
        assert manifest == read_manifest(version)
        original = load_checkpoint(version)[0].network.state_dict()
        assert all(tensor.equal(original[name]) for name, tensor in predictor.network.state_dict().items())

    def test_a_folder_stands_for_its_newest_version(self, anywhere: str, version: Path, another: Path) -> None:
        older, newer = sorted([version, another], key=lambda each: each.name)
        published(newer, anywhere)
        published(older, anywhere)
        assert contents(fetched(anywhere)) == contents(newer)
        assert contents(fetched(f"{anywhere}/{older.name}")) == contents(older)

    def test_a_version_is_downloaded_once(self, memory: str, version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        published(version, memory)
        first = fetched(memory)
        monkeypatch.setattr(Store, "download", dying_after(0, Store.download))
        assert fetched(memory) == first

    def test_what_only_a_later_training_needs_is_left_where_it_is(self, memory: str, version: Path) -> None:
        (version / GROWTH).mkdir()
        (version / GROWTH / "state").write_bytes(b"state")
        files = {**read_manifest(version).files, f"{GROWTH}state": sha256(b"state").hexdigest()}
        published(forged(version, files=files), memory)
        without = fetched(memory, without=GROWTH)
        assert contents(without).keys() == contents(version).keys() - {f"{GROWTH}state"}
        assert contents(fetched(memory)) == contents(version)
        assert load_checkpoint(memory)[1] == read_manifest(version)

    def test_a_path_stays_itself(self, version: Path) -> None:
        assert local_copy(version) == local_copy(str(version)) == local_copy(version.as_uri()) == version


class TestTornUploads:
    def test_an_upload_that_ends_early_at_any_file_is_no_version(
        self, memory: str, version: Path, another: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        older, newer = sorted([version, another], key=lambda each: each.name)
        for files in range(len(read_manifest(newer).files) + 1):
            torn(newer, memory, files, monkeypatch)
            for url in (memory, f"{memory}/{newer.name}"):
                with pytest.raises(CheckpointError, match="found none at"):
                    fetched(url)
        published(older, memory)
        assert contents(fetched(memory)) == contents(older)
        published(newer, memory)
        assert contents(fetched(memory)) == contents(newer)

    def test_a_killed_process_leaves_no_version(self, s3: str, version: Path) -> None:
        code = (
            "import os, signal, sys\n"
            "from pathlib import Path\n"
            "from models.storage.publish import published\n"
            "from models.storage.store import Store\n"
            "Store.write = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
            "published(Path(sys.argv[1]), sys.argv[2])\n"
        )
        url = f"{s3}/versions"
        done = subprocess.run([sys.executable, "-c", code, str(version), url], capture_output=True, env=os.environ)
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert Store(parsed(f"{url}/{version.name}")).read(WEIGHTS) == (version / WEIGHTS).read_bytes()
        with pytest.raises(CheckpointError, match="found none at"):
            fetched(url)
        assert contents(fetched(published(version, url))) == contents(version)

    def test_what_the_store_does_not_give_back_is_not_published(
        self, memory: str, version: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = Store.upload

        def lossy(store: Store, source: Path, name: str) -> None:
            upload(store, source, name)
            if name == WEIGHTS:
                store.write(name, source.read_bytes()[:-1])

        monkeypatch.setattr(Store, "upload", lossy)
        with pytest.raises(CheckpointError, match=f"found {WEIGHTS} of .* with another SHA-256"):
            published(version, memory)
        with pytest.raises(CheckpointError, match="found none at"):
            fetched(memory)


class TestWriters:
    def test_publishing_again_changes_nothing(self, anywhere: str, version: Path) -> None:
        place = published(version, anywhere)
        assert published(version, anywhere) == place
        assert contents(fetched(anywhere)) == contents(version)

    def test_another_version_of_the_name_is_refused(self, memory: str, version: Path) -> None:
        published(version, memory)
        before = contents(version)
        with pytest.raises(CheckpointError, match="never changed; found another one"):
            published(forged(version, name="other"), memory)
        assert contents(fetched(memory)) == before

    def test_a_version_that_is_not_whole_stays_at_home(self, memory: str, version: Path) -> None:
        (version / WEIGHTS).write_bytes(b"other")
        with pytest.raises(CheckpointError, match="altered or torn"):
            published(version, memory)
        assert Store(parsed(memory)).folders() == []

    def test_a_training_sends_its_version_and_keeps_it_where_that_fails(
        self, memory: str, version: Path, local: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = VersionsFolder.at(memory)
        folder.check()
        assert Store(parsed(memory)).folders() == []
        assert folder.local.is_relative_to(local)
        written = folder.local / version.name
        version.rename(written)
        whole = contents(written)
        with monkeypatch.context() as patched:
            patched.setattr(Store, "upload", lambda *_: (_ for _ in ()).throw(CheckpointError("it broke")))
            with pytest.raises(CheckpointError, match=rf"it broke\. .* threefold publish {written} '{memory}'"):
                folder.published(written)
        assert contents(written) == whole
        assert contents(fetched(folder.published(written))) == whole
        assert not written.exists()

    def test_a_local_folder_of_versions_is_itself(self, tmp_path: Path) -> None:
        for place in (str(tmp_path / "runs"), (tmp_path / "runs").as_uri()):
            folder = VersionsFolder.at(place)
            folder.check()
            assert folder.published(folder.local / "v") == str(tmp_path / "runs" / "v")


class TestWhatComesFromElsewhere:
    def test_an_altered_file_is_refused_and_not_kept(self, anywhere: str, version: Path, local: Path) -> None:
        place = published(version, anywhere)
        Store(parsed(place)).write(WEIGHTS, b"other")
        with pytest.raises(CheckpointError, match=f"{place}/{WEIGHTS} must have the SHA-256"):
            fetched(anywhere)
        assert not [path for path in local.rglob("*") if path.is_file()]

    def test_a_local_copy_that_was_damaged_is_fetched_again(self, memory: str, version: Path) -> None:
        published(version, memory)
        (fetched(memory) / WEIGHTS).write_bytes(b"damaged")
        assert contents(fetched(memory)) == contents(version)

    @pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside", "..\\outside", MANIFEST])
    def test_a_manifest_that_names_a_file_elsewhere(self, memory: str, version: Path, local: Path, name: str) -> None:
        place = published(version, memory)
        forged(version, files={**read_manifest(version).files, name: "0" * 64})
        Store(parsed(place)).write(MANIFEST, (version / MANIFEST).read_bytes())
        with pytest.raises(CheckpointError, match="names files of its own folder"):
            fetched(memory)
        assert not list(local.parent.rglob("outside*"))

    @pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b'{"format_version": 99}'])
    def test_a_manifest_that_is_none(self, memory: str, version: Path, text: bytes) -> None:
        place = published(version, memory)
        Store(parsed(place)).write(MANIFEST, text)
        with pytest.raises(CheckpointError, match=place):
            fetched(memory)


class TestRefusals:
    @pytest.mark.parametrize("asked", [fetched, check_publishable])
    def test_no_such_bucket(self, s3: str, asked: Callable[[str], object]) -> None:
        with pytest.raises(CheckpointError, match=r"found none for s3://no-such-bucket/.*make the bucket"):
            asked("s3://no-such-bucket/versions")

    @pytest.mark.parametrize("asked", [fetched, check_publishable])
    def test_wrong_credentials(self, s3: str, asked: Callable[[str], object], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "topsecret")
        with pytest.raises(CheckpointError, match=f"refused for {s3}/.*set credentials") as caught:
            asked(f"{s3}/versions")
        assert "topsecret" not in str(caught.value)

    @pytest.mark.parametrize("asked", [fetched, check_publishable])
    def test_nobody_at_the_endpoint(
        self, s3: str, asked: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        with pytest.raises(CheckpointError, match=f"no answer for {s3}/.*check the network"):
            asked(f"{s3}/versions")

    def test_a_store_that_nobody_knows(self) -> None:
        with pytest.raises(ConfigError, match="a store that fsspec knows"):
            fetched("nothing://bucket/versions")

    def test_a_library_that_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "s3fs", None)
        monkeypatch.delitem(_registry, "s3", raising=False)  # what an earlier test found
        with pytest.raises(ConfigError, match=r"pip install 'threefold\[object-store\]'"):
            fetched("s3://bucket/versions")

    def test_nothing_there_says_how_to_get_one(self, memory: str) -> None:
        with pytest.raises(CheckpointError, match=f"threefold train CONFIG --output {memory}"):
            fetched(memory)
