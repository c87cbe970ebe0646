"""Whatever a user can mend ends in one paragraph and exit code 2, never in a trace."""

from collections.abc import Callable

import pytest
import typer

from models import cli
from models.errors import DataError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DataError("rule; found [x]: way out"), "error: rule; found [x]: way out"),
        (IsADirectoryError(21, "Is a directory", "out"), "Is a directory: 'out'. Choose another path"),
        (OSError(28, "No space left on device"), "No space left on device. Choose another path, or make room"),
        (ModuleNotFoundError("", name="fastapi"), 'fastapi, which is not installed: pip install ".[serve]"'),
        (ModuleNotFoundError("", name="pandas"), 'pandas, which is not installed: pip install ".[train]"'),
    ],
)
def test_one_paragraph(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, said: str
) -> None:
    def fail() -> None:
        raise error

    def build() -> Callable[[], None]:
        return fail

    monkeypatch.setattr(cli, "build", build)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == cli.EXIT_REFUSED
    output = capsys.readouterr()
    assert said in output.err
    assert "Traceback" not in output.err
    assert output.err.count("\n") == 1
    assert output.out == ""


def test_all_commands_are_there() -> None:
    names = {command.name for command in cli.build().registered_commands}
    assert {"simulate", "init", "train", "evaluate", "score", "serve"} <= names
    assert isinstance(cli.build(), typer.Typer)
