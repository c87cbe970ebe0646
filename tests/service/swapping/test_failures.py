"""A version that cannot be served changes nothing, is seen everywhere, and is not tried for ever."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from models.checkpoint import WEIGHTS
from models.errors import StoreError
from models.manifest import MANIFEST
from models.network import Network
from service.app import create_app
from service.loaded import Loaded, load
from service.settings import Settings
from service.swapping import follower as follower_module
from service.swapping.attempts import FIRST_PAUSE_S, LONGEST_PAUSE_S, Attempts, Failure
from tests.service.client import Client, assert_problem
from tests.service.swapping.versions import Versions, look, served


def nan_weights(network: Network) -> None:
    with torch.no_grad():
        next(network.heads.parameters()).fill_(float("nan"))


def endless_weights(network: Network) -> None:
    """Finite, and no prediction of theirs is."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(3e38)


@pytest.mark.parametrize(
    ("spoil", "file", "found"),
    [
        (None, WEIGHTS, "SHA-256"),
        (None, "encoder/vocabularies.json", "SHA-256"),
        (None, MANIFEST, ""),
        (nan_weights, None, "NaN or infinity"),
        (endless_weights, None, "finite"),
    ],
)
def test_the_old_version_goes_on(
    versions: Versions,
    follow: Callable[..., Client],
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[Network], None] | None,
    file: str | None,
    found: str,
) -> None:
    old = versions.champion
    client = follow()
    bad = versions.promote(versions.add(seed=2, **({"spoil": spoil} if spoil else {})))
    if file is not None:
        versions.spoil(bad, file)
    assert look(client) == old
    assert client.get("/readyz").status_code == 200
    following = client.get("/model").json()["following"]
    assert following["wanted"] == bad
    assert found in following["problem"]
    assert client.metric("threefold_swap_failed") == 1
    assert client.metric("threefold_swaps_total", result="failed") == 1
    assert client.metric("threefold_swaps_total", result="swapped") == 0
    assert [each.levelno for each in caplog.records if bad in each.getMessage()] == [logging.ERROR]

    assert look(client) == old
    assert client.metric("threefold_swaps_total", result="failed") == 1, "tried again though nobody asked"
    assert look(client, asked=True) == old
    assert client.metric("threefold_swaps_total", result="failed") == 2

    good = versions.promote(versions.add(seed=3))
    assert look(client) == good
    assert client.metric("threefold_swap_failed") == 0
    assert client.get("/model").json()["following"]["problem"] is None


def test_a_store_that_does_not_answer_is_asked_again(
    versions: Versions, follow: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, new = follow(), versions.promote(versions.add(seed=2))
    answers, clock = [StoreError("no answer"), OSError("no room")], [100.0]

    def load_sometimes(place: Path | str) -> Loaded:
        if answers:
            raise answers.pop()
        return load(place)

    monkeypatch.setattr(follower_module, "load", load_sometimes)
    monkeypatch.setattr(follower_module, "monotonic", lambda: clock[0])
    assert look(client) != new
    assert look(client) != new
    assert len(answers) == 1, "asked again without a pause"
    clock[0] += FIRST_PAUSE_S
    assert look(client) != new
    assert not answers
    clock[0] += FIRST_PAUSE_S
    assert look(client) != new, "the pause grows"
    clock[0] += FIRST_PAUSE_S
    assert look(client) == new
    assert client.metric("threefold_swap_failed") == 0


def test_a_registry_that_is_damaged(
    versions: Versions, follow: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    client, old = follow(), versions.champion
    event = versions.folder / "history" / f"{versions.registry.head() + 1:08d}.json"
    event.write_text("{", encoding="utf-8")
    assert [look(client), look(client)] == [old, old]
    assert client.metric("threefold_registry_errors_total") == 2
    assert event.name in client.get("/model").json()["following"]["problem"]
    assert sum("the registry does not say" in each.getMessage() for each in caplog.records) == 1
    event.unlink()
    assert look(client, asked=True) == old
    assert client.get("/model").json()["following"]["problem"] is None


def test_before_anything_was_promoted(tmp_path: Path) -> None:
    versions = Versions(tmp_path)
    with Client(create_app(Settings(registry=tmp_path))) as client:
        assert client.get("/livez").status_code == 200
        for answer in (client.get("/readyz"), client.get("/model"), client.predict({"instances": [{}]})):
            assert_problem(answer, 503, "not-ready")
        assert client.metric("threefold_ready") == 0
        first = versions.promote(versions.add())
        assert look(client) == first
        assert client.get("/readyz").status_code == 200
        assert client.metric("threefold_ready") == 1


def test_a_start_while_the_champion_is_bad(versions: Versions, follow: Callable[..., Client]) -> None:
    before = versions.champion
    bad = versions.promote(versions.add(seed=2))
    versions.spoil(bad, WEIGHTS)
    client = follow()
    assert served(client) == before
    assert client.metric("threefold_swap_failed") == 1
    assert bad in client.get("/model").json()["following"]["problem"]


def test_pauses_double_up_to_a_bound() -> None:
    attempts, now, pauses = Attempts(), 0.0, []
    for _ in range(10):
        attempts.failed(Failure.of("a", OSError("no room")), now)
        pause = 0.0
        while not attempts.may_try("a", now + pause):
            pause += FIRST_PAUSE_S
        pauses.append(pause)
    assert pauses[:4] == [FIRST_PAUSE_S * factor for factor in (1, 2, 4, 8)]
    assert pauses[-1] == LONGEST_PAUSE_S
    assert attempts.may_try("b", now)
    attempts.failed(Failure.of("b", ValueError("torn")), now)
    assert not attempts.may_try("b", now + 10 * LONGEST_PAUSE_S)
    assert attempts.may_try("a", now)
