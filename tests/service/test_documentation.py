"""What docs/service.md says is complete: every setting, metric, route and kind of problem."""

import os
from pathlib import Path

import pytest
import typer
from prometheus_client import values
from typer.main import get_command

from service.cli import register
from service.metrics import STAGES
from service.refusal import KINDS
from service.settings import ENV_PREFIX, Settings
from service.shared_metrics import summed
from service.workers.telemetry import Telemetry
from tests.service.client import Client

PAGE = Path(__file__).parents[2] / "docs" / "service.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_settings(page: str) -> None:
    for name, field in Settings.model_fields.items():
        assert f"`--{name.replace('_', '-')}`" in page
        assert f"`{ENV_PREFIX}{name.upper()}`" in page
        assert field.description


def test_every_setting_is_an_option_of_the_command() -> None:
    app = typer.Typer()
    register(app)
    options = {parameter.name for parameter in get_command(app).params}
    assert set(Settings.model_fields) <= options


def test_metrics(page: str, client: Client) -> None:
    for family in client.app.state.metrics.registry.collect():
        if family.name.startswith("threefold_"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            assert f"`{name}`" in page
    assert all(f"`{stage}`" in page for stage in STAGES)


def test_metrics_of_the_supervisor(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    Telemetry(tmp_path).look({"supervisor": os.getpid()})
    families = list(summed(tmp_path).collect())
    assert len(families) == 4
    for family in families:
        assert f"`{family.name}_total`" in page if family.type == "counter" else f"`{family.name}`" in page


def test_routes(page: str, client: Client) -> None:
    pages = page + PAGE.with_name("protocol.md").read_text(encoding="utf-8")
    described = client.get("/openapi.json").json()["paths"]
    assert {"/predict", "/livez", "/v2/logging", "/v2/models/{name}/infer"} <= described.keys()
    for path, methods in [*described.items(), ("/openapi.json", ["get"])]:
        for method in methods:
            assert f"`{method.upper()} {path}`" in pages


def test_problems(page: str) -> None:
    for kind in KINDS:
        assert f"| {kind.status} | `{kind.slug}` | " in page


def test_defaults(page: str) -> None:
    for name, field in Settings.model_fields.items():
        if not field.is_required():
            assert f"| `--{name.replace('_', '-')}` | `{ENV_PREFIX}{name.upper()}` | {field.default} |" in page
