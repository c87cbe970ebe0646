"""A registry of tiny versions, and an app that follows it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from service.app import create_app
from service.settings import Settings
from tests.service.client import Client
from tests.service.swapping.versions import Versions


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    """A registry with one version, which is the champion."""
    versions = Versions(tmp_path / "registry")
    versions.promote(versions.add(seed=1))
    return versions


@pytest.fixture
def follow(versions: Versions) -> Iterator[Callable[..., Client]]:
    """A client of a new app that follows the registry; it looks when a test asks it to."""
    with ExitStack() as stack:

        def build(**settings: Any) -> Client:
            app = create_app(Settings(registry=versions.folder, **({"poll_s": 3600.0} | settings)))
            return stack.enter_context(Client(app))

        yield build
