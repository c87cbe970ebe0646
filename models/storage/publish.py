"""A version to an object store. There is no rename there, so the manifest goes last: without it there is no version.

A writer that is killed leaves files that nobody takes for a version, and the same version may be sent up again. Every
file is read back before the manifest is written.
"""

from pathlib import Path
from uuid import uuid4

from models.checksums import verify_listed
from models.errors import CheckpointError
from models.manifest import MANIFEST, read_manifest
from models.storage.location import parsed
from models.storage.store import Store


def check_publishable(url: str) -> None:
    """See that something can be written below a URL and read from there.

    Raises:
        CheckpointError: the store does not answer or refuses.
        ConfigError: the URL breaks a rule, or the library for its store is not installed.
    """
    store, name = Store(parsed(url)), f".{uuid4().hex[:8]}.probe"
    store.write(name, b"threefold")
    store.read(name)
    store.remove(name)


def published(version: Path, url: str) -> str:
    """Copy a local version below a URL and return its own URL; it appears whole or not at all.

    Raises:
        CheckpointError: the version is not whole, another one of its name is there, what came back is not what was
            sent, or the store does not answer or refuses.
    """
    manifest, contents = read_manifest(version), (version / MANIFEST).read_bytes()
    verify_listed(version, manifest, manifest.files)
    store = Store(parsed(url).below(version.name))
    there = store.read(MANIFEST)
    if there == contents:
        return str(store.location)
    if there is not None:
        raise CheckpointError(
            f"a version is never changed; found another one at {store.location}: publish to another folder"
        )
    for name in manifest.files:
        store.upload(version / name, name)
    for name, expected in manifest.files.items():
        if store.sha256(name) != expected:
            raise CheckpointError(
                f"a store gives back what it was given; found {name} of {store.location} with another SHA-256: publish "
                f"it again, or to another store"
            )
    store.write(MANIFEST, contents)
    return str(store.location)
