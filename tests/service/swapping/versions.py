"""Versions of the tiny model in a registry, and what an app does when it looks."""

import shutil
from pathlib import Path
from typing import Any

import orjson

from models.registry import Registry
from tests.service.client import Client
from tests.service.tiny import save_tiny


class Versions:
    """A registry in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = Registry(folder)

    @property
    def champion(self) -> str:
        """The version that the channel points at."""
        found = self.registry.version_of()
        assert found is not None
        return found

    def add(self, **options: Any) -> str:
        """Save a version, whatever may be wrong with it; its name."""
        return save_tiny(self.folder, **options).name

    def promote(self, version: str) -> str:
        """Let the channel point at a version."""
        self.registry.promote(version, who="test")
        return version

    def spoil(self, version: str, file: str) -> None:
        """Cut a file of a version in half."""
        path = self.folder / version / file
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    def lose(self, version: str) -> None:
        """Remove a version that is pointed at."""
        shutil.rmtree(self.folder / version)


def look(client: Client, *, asked: bool = False) -> str:
    """Let the app look at the registry; the version that it serves then."""
    client.run(client.app.state.follower.look(asked=asked))
    return served(client)


def served(client: Client) -> str:
    """The version that an answer names."""
    answer = client.predict({"instances": [{}]})
    assert answer.status_code == 200, answer.text
    return str(orjson.loads(answer.content)["version"])
