from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest
import torch

from tests.models.test_checkpoint import save
from tests.models.tiny import predictor
from tests.storage.server import BUCKET, Server, ServerError, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One S3 server for all tests; those that need it are skipped where it does not start."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(running(tmp_path_factory.mktemp("s3")))
        except ServerError as error:
            pytest.skip(f"no S3 server: {error}")
        yield started


@pytest.fixture
def s3(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty folder in a real store, and the environment that reaches it."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{uuid4().hex[:8]}"


@pytest.fixture
def memory() -> Iterator[str]:
    """A URL to publish below, in fsspec's own memory."""
    yield f"memory://{uuid4().hex[:8]}/versions"
    fsspec.filesystem("memory").store.clear()


@pytest.fixture(params=["memory", "s3"])
def anywhere(request: pytest.FixtureRequest) -> str:
    """A URL to publish below, in memory and in a real store."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture(autouse=True)
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that versions are fetched to."""
    folder = tmp_path / "fetched"
    monkeypatch.setenv("THREEFOLD_VERSIONS", str(folder))
    return folder


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """A whole version on disk."""
    return save(tmp_path / "made", predictor())


@pytest.fixture
def another(tmp_path: Path) -> Path:
    """A version of other weights."""
    torch.manual_seed(1)
    return save(tmp_path / "made", predictor())
