"""The pages of the client and of ranking say all there is, with its defaults."""

import dataclasses
import inspect
from pathlib import Path

import pytest

import service.client
from models.ranking.functions import FUNCTIONS, OPERATORS
from models.ranking.parser import MAX_DEPTH
from models.ranking.tokens import MAX_LENGTH
from service.client import AsyncClient, Client, Retries
from service.client.core import Core, Options

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def page() -> str:
    return (DOCS / "client.md").read_text(encoding="utf-8")


def test_options(page: str) -> None:
    defaults = {name: each.default for name, each in inspect.signature(Core.__init__).parameters.items()}
    for name in set(Options.__annotations__) - {"clock", "draw"}:
        shown = "`Retries()`" if name == "retries" else "none" if defaults[name] is None else defaults[name]
        assert f"| `{name}` | {shown} |" in page


def test_retries(page: str) -> None:
    for field in dataclasses.fields(Retries):
        assert f"| `{field.name}` | {field.default} |" in page


def test_errors_and_calls(page: str) -> None:
    for name in service.client.__all__:
        if name.endswith("Error"):
            assert name in page
    for call in {name for kind in (Client, AsyncClient) for name in vars(kind) if not name.startswith("_")} - {"close"}:
        assert f"{call}(" in page


def test_both_clients_have_the_same_calls() -> None:
    names = [{name.lstrip("a_") for name in vars(kind) if not name.startswith("__")} for kind in (Client, AsyncClient)]
    assert names[0] == names[1]


def test_the_grammar() -> None:
    page = (DOCS / "ranking.md").read_text(encoding="utf-8")
    for name in FUNCTIONS:
        assert f"`{name}(x" in page
    for sign in OPERATORS:
        assert sign in page
    assert f"{MAX_LENGTH:,} characters" in page
    assert f"{MAX_DEPTH} operations" in page
