"""Settings come from options and from the environment, and a wrong one says which and how to set it."""

from pathlib import Path

import pytest

from models.errors import ConfigError
from service.cli import serve
from service.settings import Settings


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings that the command would have served with."""
    seen: list[Settings] = []
    monkeypatch.setattr("service.server.run", seen.append)
    return seen


def test_option_before_environment_before_default(seen: list[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREEFOLD_CHECKPOINT", "versions")
    monkeypatch.setenv("THREEFOLD_PORT", "9000")
    monkeypatch.setenv("THREEFOLD_HOST", "")
    monkeypatch.setenv("THREEFOLD_MAX_ROWS", "5")
    serve(port=9001)
    (settings,) = seen
    assert (settings.checkpoint, settings.port, settings.max_rows) == (Path("versions"), 9001, 5)
    assert settings.host == "127.0.0.1"


def test_a_checkpoint_may_be_a_url(seen: list[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREEFOLD_CHECKPOINT", "s3://bucket/versions")
    serve()
    serve(checkpoint="gs://bucket/versions")
    assert [settings.checkpoint for settings in seen] == ["s3://bucket/versions", "gs://bucket/versions"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "--checkpoint or THREEFOLD_CHECKPOINT"),
        ({"checkpoint": Path("x"), "port": 70_000}, "--port or THREEFOLD_PORT"),
        ({"checkpoint": Path("x"), "log_level": "loud"}, "setting `log_level`"),
        ({"checkpoint": Path("x"), "max_queued_rows": 5}, "`max_queued_rows` holds at least one full request"),
    ],
)
def test_wrong_setting(options: dict[str, object], expected: str, seen: list[Settings]) -> None:
    with pytest.raises(ConfigError, match=expected):
        serve(**options)  # type: ignore[arg-type]
    assert seen == []
