"""What docs/service.md says is complete: every setting, metric, route and kind of problem."""

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
    options = {parameter.name for parameter in get_command(app).params}
    assert set(Settings.model_fields) <= options


def test_metrics(page: str, client: Client) -> None:
    for family in client.app.state.metrics.registry.collect():
        if family.name.startswith("threefold_"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            assert f"`{name}`" in page
    assert all(f"`{stage}`" in page for stage in STAGES)


def test_routes(page: str, client: Client) -> None:
    for route in client.app.routes:
        for method in getattr(route, "methods", ()):
            assert f"`{method} {getattr(route, 'path', '')}`" in page


def test_problems(page: str) -> None:
    for kind in KINDS:
        assert f"| {kind.status} | `{kind.slug}` | " in page


def test_defaults(page: str) -> None:
    for name, field in Settings.model_fields.items():
        if not field.is_required():
            assert f"| `--{name.replace('_', '-')}` | `{ENV_PREFIX}{name.upper()}` | {field.default} |" in page
