"""A service that follows a registry in an object store: as one in a folder, and its disk does not fill."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.registry import Registry
from models.storage.copies import KEPT
from tests.service.processes import Served, served, wait_for
from tests.service.swapping.traffic import NUM_CLIENTS, Traffic
from tests.service.tiny import save_tiny

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
NUM_VERSIONS = KEPT + 2


@pytest.fixture
def registry(s3: str, tmp_path: Path) -> Registry:
    """Versions in a real store, the first of which is the champion."""
    registry = Registry(s3)
    for seed in range(NUM_VERSIONS):
        registry.publish(save_tiny(tmp_path / "made", seed=seed), who="test")
    registry.promote(registry.versions()[0], who="test")
    return registry


@pytest.fixture
def service(registry: Registry, tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, "--registry", registry.place, "--workers", "2", "--poll-s", "0.2") as found:
        yield found
        assert "Traceback" not in found.stop()


def test_promotes_and_rollbacks_in_a_store_are_followed(registry: Registry, service: Served, local: Path) -> None:
    names = registry.versions()
    wanted = [*names, names[-2]]
    with Traffic(service) as traffic:
        wait_for(lambda: traffic.all_follow(names[0]), 30)
        for name in names[1:]:
            registry.promote(name, who="test")
            wait_for(lambda name=name: traffic.all_follow(name), 30)  # type: ignore[misc]
        assert registry.rollback(who="test").version == wanted[-1]
        wait_for(lambda: traffic.all_follow(wanted[-1]), 30)
    assert traffic.seen == [wanted] * NUM_CLIENTS, "each connection saw each version once, in order"
    assert service.metric("threefold_swaps_total", result="swapped") == 2 * NUM_VERSIONS
    assert service.metric("threefold_swaps_total", result="failed") == 0
    assert service.metric("threefold_registry_errors_total") == 0
    assert {each.name.rpartition(".")[0] for each in local.iterdir()} == set(names[-KEPT:])
