"""What docs/service.md says is complete: settings, routes and kinds of problem; metrics are in docs/monitoring.md."""

from pathlib import Path

import pytest
import typer
from typer.main import get_command

from service.cli import register
from service.metrics import STAGES
from service.refusal import KINDS
from service.settings import ENV_PREFIX, Settings
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
    serve = get_command(app).commands["serve"]  # type: ignore[attr-defined]
    options = {parameter.name for parameter in serve.params}
    assert set(Settings.model_fields) <= options


def test_stages() -> None:
    page = PAGE.with_name("monitoring.md").read_text(encoding="utf-8")
    assert all(f"`{stage}`" in page for stage in STAGES)


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
