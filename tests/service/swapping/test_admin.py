"""Who may ask for a swap, and what they are told."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.checkpoint import WEIGHTS
from models.errors import ConfigError
from service.app import create_app
from service.settings import Settings
from service.swapping.keys import digest_of, digests, is_admitted, new_key
from tests.service.client import Client, assert_problem
from tests.service.swapping.versions import Versions, served

PATH = "/admin/reload"
KEY, DIGEST = new_key()
OLD_KEY, OLD_DIGEST = new_key()
BOTH = f"{OLD_DIGEST}, {DIGEST.upper()}"


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_it_is_off_without_a_key(follow: Callable[..., Client]) -> None:
    client = follow()
    assert_problem(client.post(PATH), 404, "admin-off")
    assert_problem(client.post(PATH, headers=bearing("")), 404, "admin-off")


def test_it_is_off_without_a_registry(checkpoint: Path) -> None:
    with Client(create_app(Settings(checkpoint=checkpoint, admin_key_sha256=DIGEST))) as client:
        assert_problem(client.post(PATH, headers=bearing(KEY)), 404, "admin-off")
        assert client.get("/model").json()["following"] is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        bearing(""),
        bearing(DIGEST),
        bearing(KEY[:-1]),
        bearing(f"{KEY}x"),
        bearing(new_key()[0]),
        {"Authorization": b"Bearer \xff\xfe"},
    ],
)
def test_who_has_no_key_is_refused(
    versions: Versions, follow: Callable[..., Client], headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    client = follow(admin_key_sha256=DIGEST)
    before = served(client)
    versions.promote(versions.add(seed=2))
    answer = client.post(PATH, headers=headers)
    assert_problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert served(client) == before
    assert client.metric("threefold_admin_refused_total") == 1
    assert not any(KEY in each.getMessage() for each in caplog.records)
    assert KEY not in answer.text


@pytest.mark.parametrize("key", [KEY, OLD_KEY])
def test_who_has_one_is_obeyed(versions: Versions, follow: Callable[..., Client], key: str) -> None:
    client = follow(admin_key_sha256=BOTH)
    before, new = served(client), versions.promote(versions.add(seed=2))
    for expected in (before, new):
        answer = client.post(PATH, headers=bearing(key))
        assert (answer.status_code, answer.json()) == (
            200,
            {"before": expected, "version": new, "num_workers": 1, "num_following": 1},
        )
    assert served(client) == new
    assert client.metric("threefold_admin_refused_total") == 0


def test_who_asks_for_what_cannot_be_is_told_why(versions: Versions, follow: Callable[..., Client]) -> None:
    client = follow(admin_key_sha256=DIGEST)
    before, bad = served(client), versions.promote(versions.add(seed=2))
    versions.spoil(bad, WEIGHTS)
    for attempt in (1, 2):
        problem = assert_problem(client.post(PATH, headers=bearing(KEY)), 409, "not-swapped")
        assert WEIGHTS in problem["detail"]
        assert before in problem["detail"]
        assert client.metric("threefold_swaps_total", result="failed") == attempt
    assert client.get("/readyz").status_code == 200


def test_a_setting_that_is_the_key_itself_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError) as refused:
        digests(f"{DIGEST},{KEY}")
    assert KEY not in str(refused.value)


def test_a_key_and_its_digest() -> None:
    assert digest_of(KEY) == DIGEST
    assert new_key() != new_key()
    assert is_admitted(f"bearer  {KEY} ", digests(BOTH))
    assert not is_admitted(None, digests(BOTH))
    assert digests(" ") == ()


def test_the_command_makes_a_key() -> None:
    import typer

    from service.cli import register

    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    key, digest = CliRunner().invoke(app, ["admin-key"]).stdout.split()
    assert digest_of(key) == digest
