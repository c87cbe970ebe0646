"""A version from an object store, in a local folder, every file verified.

Its manifest is read first and vouches for the rest. The local folder is named by the manifest's digest, so that a
version is downloaded once, and what is there already is verified again before it is taken.
"""

import shutil
from hashlib import sha256
from pathlib import Path, PurePosixPath

from models.atomic import whole_folder
from models.checksums import verify_listed
from models.errors import CheckpointError
from models.manifest import MANIFEST, Manifest, read_manifest
from models.storage.copies import make_room, used
from models.storage.folder import local_versions
from models.storage.location import Location, is_url, local_file, parsed
from models.storage.store import Store


def local_copy(place: Path | str, without: str | None = None) -> Path:
    """The local path of a place: of a URL what was fetched from it, of everything else the path itself.

    Args:
        place: a version, or a folder of versions.
        without: see `fetched`.

    Raises:
        CheckpointError, ConfigError: see `fetched`.
    """
    if isinstance(place, Path) or not is_url(place):
        return Path(place)
    return local_file(place) or fetched(place, without)


def fetched(url: str, without: str | None = None) -> Path:
    """Download the version at a URL, or the newest one in a folder of versions, unless it is here.

    Args:
        url: of the version or the folder.
        without: files whose names begin so are left where they are.

    Raises:
        CheckpointError: there is none, it is torn or altered, or the store does not answer or refuses.
        ConfigError: the URL breaks a rule, or the library for its store is not installed.
    """
    version, contents = _newest(Store(parsed(url)))
    digest = sha256(contents + (without or "").encode()).hexdigest()
    target = local_versions() / f"{version.name}.{digest[:16]}"
    if target.is_dir():
        used(target)
        if _is_whole(target, without):
            return target
        shutil.rmtree(target)
    make_room(target.parent)
    try:
        with whole_folder(target) as beside:
            _fill(beside, version, contents, without)
    except OSError:
        if not target.is_dir():  # where it is, another process was quicker
            raise
    return target


def _newest(store: Store) -> tuple[Location, bytes]:
    """The place and the manifest of the version itself, or of the newest one below."""
    contents = store.read(MANIFEST)
    if contents is not None:
        return store.location, contents
    for name in reversed(store.folders()):
        contents = store.read(f"{name}/{MANIFEST}")
        if contents is not None:  # a folder without one is an upload that did not end
            return store.location.below(name), contents
    raise CheckpointError(
        f"a checkpoint is a folder with {MANIFEST}, or a folder of such folders; found none at {store.location}: "
        f"train one with `threefold train CONFIG --output {store.location}`"
    )


def _fill(folder: Path, version: Location, contents: bytes, without: str | None) -> None:
    store = Store(version)
    try:
        (folder / MANIFEST).write_bytes(contents)
        manifest = read_manifest(folder)
        wanted = _wanted(manifest, without)
        for name in wanted:
            target = folder / _inside(name, manifest)
            target.parent.mkdir(parents=True, exist_ok=True)
            store.download(name, target)
        verify_listed(folder, manifest, wanted)
    except CheckpointError as error:
        raise CheckpointError(str(error).replace(str(folder), str(version))) from None


def _inside(name: str, manifest: Manifest) -> PurePosixPath:
    """The name, if it stays below the folder: a manifest is a file from elsewhere."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or name == MANIFEST:
        raise CheckpointError(
            f"a manifest names files of its own folder; that of {manifest.version} names {name!r}: retrain it"
        )
    return path


def _wanted(manifest: Manifest, without: str | None) -> list[str]:
    return [name for name in manifest.files if without is None or not name.startswith(without)]


def _is_whole(folder: Path, without: str | None) -> bool:
    try:
        manifest = read_manifest(folder)
        verify_listed(folder, manifest, _wanted(manifest, without))
    except CheckpointError:
        return False
    return True
