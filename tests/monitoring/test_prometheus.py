"""A real Prometheus reads a service under traffic, and answers every query of the dashboard and of the alerts."""

import math
import random
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from models.registry import Registry
from tests.monitoring.exposed import scheduler
from tests.monitoring.references import bodies, save_referenced
from tests.monitoring.shown import PROMETHEUS, queries, rules
from tests.service.processes import Served, served, wait_for
from training.scheduling.port import served as served_by_scheduler

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="needs prometheus, of Debian's package of that name"
)
SCRAPES = 4
"""As many as a rate over ten seconds needs, and one more."""


@dataclass
class Prometheus:
    """One that runs."""

    url: str

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The samples that answer an expression."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", (expression, answer)
        result = answer["data"]["result"]
        assert isinstance(result, list)
        return result

    def number(self, expression: str) -> float:
        """The one number that answers it; NaN where there is none."""
        found = self.ask(expression)
        return float(found[0]["value"][1]) if found else math.nan


@contextmanager
def prometheus(folder: Path, targets: dict[str, list[str]]) -> Iterator[Prometheus]:
    """With the configuration that is deployed, but quicker, and asking these targets."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"}
    assert {job["job_name"] for job in config["scrape_configs"]} == targets.keys()
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": targets[job["job_name"]]}]
    shutil.copy(PROMETHEUS / "alerts.yml", folder)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--web.listen-address={address}"]
    log = folder / "prometheus.log"
    with (
        log.open("wb") as file,
        subprocess.Popen([*command, f"--storage.tsdb.path={folder / 'data'}"], stdout=file, stderr=file) as process,
    ):
        try:
            wait_for(lambda: _answers(f"http://{address}/-/ready"), 30)
            yield Prometheus(f"http://{address}")
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.HTTPError:
        return False


def ask_for_predictions(services: list[Served]) -> None:
    """A bit of all that a service meets."""
    rng = random.Random(5)
    for service in services:
        with httpx.Client(base_url=service.url) as client:
            for body in bodies(rng, 5):
                assert client.post("/predict", json=body).status_code == 200
            assert client.post("/predict", json={"instances": []}).status_code == 422
            assert client.post("/predict", json={"instances": [{}]}, headers={"X-Request-Timeout-Ms": "0"}).is_error


def test_every_query_is_answered(referenced: Path, tmp_path: Path) -> None:
    first, second = referenced, save_referenced(tmp_path / "second", seed=8)
    registry = Registry(tmp_path / "registry")
    old, new = (registry.publish(version, who="test", why="made") for version in (first, second))
    registry.promote(old, who="test", why="first")
    for name in ("alone", "workers", "prometheus"):
        (tmp_path / name).mkdir()
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        # Side by side: to start takes a service longer than all that is asked of it here.
        options = ["--registry", registry.place, "--workers", "2", "--poll-s", "0.2"]
        starting = served(tmp_path / "alone", "--checkpoint", str(first)), served(tmp_path / "workers", *options)
        alone, workers = pool.map(stack.enter_context, starting)
        port = stack.enter_context(served_by_scheduler(scheduler(tmp_path), lambda: True, "127.0.0.1", 0))
        targets = {
            "threefold-service": [each.url.removeprefix("http://") for each in (alone, workers)],
            "threefold-scheduler": [f"127.0.0.1:{port}"],
        }
        found = stack.enter_context(prometheus(tmp_path / "prometheus", targets))
        registry.promote(new, who="test", why="second")

        def is_scraped() -> bool:
            ask_for_predictions([alone, workers])
            scrapes = found.number("min(count_over_time(up[1m]))")
            return scrapes >= SCRAPES and found.number("count(threefold_model_info)") == 2

        wait_for(is_scraped, 60)
        unanswered = [query for query in queries() if not found.ask(query) and "> 0" not in query]
        assert not unanswered
        assert found.number(f'count(threefold_model_info{{version="{new}"}} == 1)') == 1
        assert found.number("min(up)") == 1
        assert found.number("count(threefold_prediction_psi)") == 2 * found.number(
            "count(count by (field) (threefold_reference_mean))"
        )
        told = httpx.get(f"{found.url}/api/v1/rules").json()["data"]["groups"]
        evaluated = [rule for group in told for rule in group["rules"]]
        assert len(evaluated) == len(rules())
        assert {rule["health"] for rule in evaluated} == {"ok"}
        assert not [rule["name"] for rule in evaluated if rule.get("state") == "firing"]
