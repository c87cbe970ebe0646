"""Who a process is among the others, and what it does not do together with them."""

from pathlib import Path
from typing import Any

import pytest

from models.errors import ConfigError
from tests.training.worlds import small_config
from training.config import Config
from training.distributed.meeting import patience
from training.distributed.supported import check_supported
from training.distributed.world import World, launched

TORCHRUN = {
    "RANK": "5",
    "WORLD_SIZE": "8",
    "LOCAL_RANK": "1",
    "GROUP_RANK": "2",
    "MASTER_ADDR": "host",
    "MASTER_PORT": "29500",
}


def changed(**sections: Any) -> Config:
    settings = small_config("logs").model_dump(exclude_unset=True)
    for name, change in sections.items():
        settings[name] = {**settings[name], **change}
    return Config.model_validate(settings)


def test_a_process_on_its_own_is_in_no_world() -> None:
    assert launched({}) is None
    assert launched({"RANK": "0"}) is None


def test_torchrun_tells_a_process_who_it_is() -> None:
    world = launched(TORCHRUN)
    assert world == World(rank=5, size=8, local_rank=1, host=2)
    assert not world.is_first
    assert not world.is_first_of_host
    assert World(0, 8).is_first


def test_a_process_without_local_rank_has_its_host_for_itself() -> None:
    alone = {name: value for name, value in TORCHRUN.items() if name not in {"LOCAL_RANK", "GROUP_RANK"}}
    world = launched(alone)
    assert world == World(rank=5, size=8, local_rank=0, host=5)
    assert world.is_first_of_host


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MASTER_ADDR": None}, "found no MASTER_ADDR: start it by torchrun"),
        ({"RANK": "first"}, "RANK is a whole number; found 'first'"),
        ({"GROUP_RANK": None}, "GROUP_RANK is a whole number; found 'nothing'"),
    ],
)
def test_half_a_world_is_refused(change: dict[str, str | None], message: str) -> None:
    environment = {name: value for name, value in {**TORCHRUN, **change}.items() if value is not None}
    with pytest.raises(ConfigError, match=message):
        launched(environment)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"training": {"weighting": {"kind": "gradnorm"}}}, "weighting.kind"),
        ({"training": {"weighting": {"kind": "gradients", "method": "pcgrad"}}}, "weighting.kind"),
        ({"training": {"reset_embeddings": "each_epoch"}}, "reset_embeddings"),
        ({"training": {"average_weights": 0.9}}, "average_weights"),
        ({"training": {"optimizers": {"shared": {"kind": "adamw", "learning_rate": "auto"}}}}, "optimizers.shared"),
        (
            {"training": {"optimizers": {"embeddings": {"kind": "sparse_adam", "learning_rate": 0.1}}}},
            "embeddings.kind",
        ),
        (
            {
                "training": {
                    "optimizers": {
                        "embeddings": {"kind": "rowwise_adagrad", "learning_rate": 0.1, "weight_decay": 0.01},
                    }
                }
            },
            "weight_decay = 0.01",
        ),
    ],
)
def test_what_several_processes_would_compute_otherwise_is_refused_by_name(change: dict[str, Any], named: str) -> None:
    check_supported(changed())
    with pytest.raises(ConfigError, match=rf"(?s)found 1 setting\(s\).*{named}.*train in one process"):
        check_supported(changed(**change))


def test_all_refused_settings_are_told_at_once() -> None:
    config = changed(training={"average_weights": 0.9, "weighting": {"kind": "gradnorm"}})
    with pytest.raises(ConfigError, match=r"(?s)found 3 setting\(s\).*--from versions/v1"):
        check_supported(config, Path("versions/v1"))


@pytest.mark.parametrize("minutes", ["soon", "-1", "0", "nan"])
def test_patience_is_a_number_of_minutes(minutes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREEFOLD_PATIENCE_MINUTES", "1.5")
    assert patience().total_seconds() == 90
    monkeypatch.setenv("THREEFOLD_PATIENCE_MINUTES", minutes)
    with pytest.raises(ConfigError, match="is a number of minutes above 0"):
        patience()
