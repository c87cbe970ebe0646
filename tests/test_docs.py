"""Documentation that says what the code does."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from models.cli import build
from service.settings import Settings
from training.config import load_config
from training.reference import PAGE, page

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_the_configuration_page_is_what_the_classes_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m training.reference`"


def test_every_setting_is_explained() -> None:
    for line in page().splitlines():
        if line.startswith("| `") and line.count("|") == 5:
            assert not line.endswith("|  |"), line


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.toml")), ids=lambda file: file.name)
def test_every_example_is_a_valid_configuration(file: Path) -> None:
    assert load_config(file).name == file.stem


def test_every_command_and_make_target_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in get_command(build()).commands:  # type: ignore[attr-defined]
        assert f"threefold {command}" in readme
    for target in re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M):
        assert f"make {target}" in readme


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(file: Path) -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)", file.read_text(encoding="utf-8")):
        assert (file.parent / link).exists(), link


def test_every_path_named_in_the_architecture_page_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for path in re.findall(r"`((?:models|training|service|docs)/[a-z_/.]+)`", text):
        assert (ROOT / path).exists(), path


def test_every_port_in_the_pages_is_the_one_that_serve_listens_on() -> None:
    default = str(Settings.model_fields["port"].default)
    for file in PAGES:
        for port in re.findall(r"127\.0\.0\.1:(\d+)", file.read_text(encoding="utf-8")):
            assert port == default, file
