"""A real store of MLflow in a folder: one run for each version, the same again changes nothing, no failure is ours."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from models.cli import build
from models.manifest import Manifest, read_manifest
from tests.service.tiny import save_tiny
from tests.training.retraining.nights import Nights
from tests.training.test_commands import written
from tests.training.tracking.test_record import OUTCOME, TRAINING
from training.retraining import train
from training.retraining.retrain import retrain
from training.tracking import telling
from training.tracking.config import MlflowConfig, NoTrackingConfig
from training.tracking.record import VERSION, record_of
from training.tracking.telling import check_tracking, tell_outcome, tell_version

pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
pytest.importorskip("alembic", reason="MLflow keeps its local store with alembic and SQLAlchemy")
# MLflow's own libraries tell each other of what they will no longer do.
pytestmark = pytest.mark.filterwarnings("ignore")
LONG = "x" * 10_000
SECRET = b"t0p-s3cret"
ENVIRONMENT = [
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
    "MLFLOW_HTTP_REQUEST_TIMEOUT",
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER",
    "MLFLOW_DISABLE_TELEMETRY",
]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    found = read_manifest(save_tiny(tmp_path_factory.mktemp("version")))
    config = {**TRAINING["config"], "long": LONG, "many": {f"key{number}": number for number in range(250)}}
    return found.model_copy(update={"training": {**TRAINING, "config": config}})


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowConfig]:
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        for name in ENVIRONMENT:
            patched.setenv(name, "set, so that it is put back")
            patched.delenv(name)
        yield MlflowConfig(uri=f"sqlite:///{folder}/mlflow.db", experiment="nightly")


def told() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text), text


def runs(config: MlflowConfig) -> list[Any]:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=config.uri)
    experiment = client.get_experiment_by_name(config.experiment)
    return [] if experiment is None else list(client.search_runs([experiment.experiment_id]))


def run_of(config: MlflowConfig, version: str) -> Any:
    (found,) = [run for run in runs(config) if run.data.tags[VERSION] == version]
    return found


def test_a_version_is_one_run_however_often_it_is_told(config: MlflowConfig, manifest: Manifest) -> None:
    console, text = told()
    for _ in range(2):
        tell_version(config, manifest, "/registry/v", console)
    tell_outcome(config, OUTCOME, manifest, "/registry/v", console)
    assert "warning" not in text.getvalue()
    (run,) = runs(config)
    expected = record_of(manifest, "/registry/v").with_outcome(OUTCOME)
    assert run.info.run_name == run.data.tags[VERSION] == manifest.version
    assert run.info.status == "FINISHED"
    assert run.data.metrics == expected.metrics
    assert set(run.data.params) == set(expected.params)
    assert len(run.data.params) > 250
    assert run.data.params["long"] == "x" * 499 + "…"
    assert expected.tags.items() <= run.data.tags.items()


def test_another_version_is_another_run(config: MlflowConfig, manifest: Manifest) -> None:
    console, _ = told()
    before = len(runs(config))
    tell_version(config, manifest.model_copy(update={"version": "another"}), "/registry/another", console)
    assert len(runs(config)) == before + 1


@pytest.mark.parametrize("uri", ["http://localhost:9", "no-such-scheme://x"])
def test_a_tracker_that_does_not_answer_is_one_warning(config: MlflowConfig, manifest: Manifest, uri: str) -> None:
    console, text = told()
    tell_version(config.model_copy(update={"uri": uri}), manifest, "/registry/v", console)
    (line,) = text.getvalue().splitlines()
    assert line.startswith(f"warning: MLflow was not told of version {manifest.version}: ")


class _Answers(BaseHTTPRequestHandler):
    """Of a tracking server in trouble."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        if self.server.status is None:  # type: ignore[attr-defined]
            self.server.closing.wait()  # type: ignore[attr-defined]
            return
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Retry-After", "3600")
        self.send_header("Content-Length", str(len(SECRET)))
        self.end_headers()
        self.wfile.write(SECRET)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def in_trouble(status: int | None) -> Iterator[tuple[str, list[str]]]:
    """A server that answers with a status, or takes a request and never answers; its address, and what it is asked."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.status, server.asked, server.closing = status, [], Event()  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", server.asked  # type: ignore[attr-defined]
    server.closing.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [None, 429, 503, 401])
def test_a_server_in_trouble_is_left_after_two_tries(
    config: MlflowConfig, manifest: Manifest, status: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that never answers, or asks for an hour's patience; this test would last as long."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", SECRET.decode())
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    console, text = told()
    with in_trouble(status) as (uri, asked):
        hasty = config.model_copy(update={"uri": uri, "timeout_s": 0.2})
        tell_version(hasty, manifest, "/registry/v", console)
    (line,) = text.getvalue().splitlines()
    assert line.startswith(f"warning: MLflow was not told of version {manifest.version}: ")
    assert SECRET.decode() not in line
    assert 1 <= len(asked) <= 2


def test_without_tracking_nothing_is_imported(monkeypatch: pytest.MonkeyPatch, manifest: Manifest) -> None:
    monkeypatch.setitem(__import__("sys").modules, "training.tracking.mlflow_runs", None)  # its import would fail
    console, text = told()
    tell_version(NoTrackingConfig(), manifest, "/registry/v", console)
    assert text.getvalue() == ""


def test_a_missing_library_is_refused_before_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "find_spec", lambda name: None)
    check_tracking(NoTrackingConfig())
    with pytest.raises(telling.ConfigError, match=r"threefold\[mlflow\]"):
        check_tracking(MlflowConfig(uri="sqlite:///x.db"))


def test_a_night_tells_of_its_candidate_and_of_its_decision(
    config: MlflowConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "run_files", lambda run, text, precisions: {})
    nights = Nights(tmp_path)
    nights.arrive(0, 1, 2, 3, 4)
    order = nights.order()
    outcome = retrain(replace(order, config=order.config.model_copy(update={"tracking": config})))
    run = run_of(config, str(outcome.candidate))
    assert run.data.tags["threefold.decision"] == outcome.decision == "promoted"
    assert run.data.tags["threefold.place"] == str(nights.registry / str(outcome.candidate))
    assert {f"gates/{seen.name}" for seen in outcome.gates} <= {
        "/".join(name.split("/")[:2]) for name in run.data.metrics
    }


def test_a_training_tells_of_its_version(config: MlflowConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.reporting.run_files", lambda run, text, precisions: {})
    nights = Nights(tmp_path)
    nights.arrive(0, 1, 2, 3)
    settings = nights.config().model_copy(update={"tracking": config, "retrain": None})
    file = written(tmp_path / "small.toml", settings)
    done = CliRunner().invoke(build(), ["train", str(file), "--output", str(tmp_path / "versions")])
    assert done.exit_code == 0, done.output
    place = Path(done.stdout.split()[-1])
    run = run_of(config, place.name)
    assert run.data.tags["threefold.place"] == str(place)
    assert run.data.params["training.batch_size"] == "64"
    assert "threefold.decision" not in run.data.tags
