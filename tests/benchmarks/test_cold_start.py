"""What the cold-start benchmark takes away is all that is made of an id, and nothing else."""

from pathlib import Path

import pytest

from benchmarks.cold_start import with_dropout, without
from training.config import load_config

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("example", "name"),
    [("simulated", "user_id"), ("simulated", "item_id"), ("kuairand", "user_id"), ("kuairand", "video_id")],
)
def test_nothing_of_an_id_is_left_and_the_rest_is_a_model(example: str, name: str) -> None:
    config = load_config(EXAMPLES / f"{example}.toml")
    left = without(config, name)
    left.model_part()  # refuses what names a feature that is gone
    gone = {feature.name for feature in config.features} - {feature.name for feature in left.features}
    assert all(
        feature.name == name or getattr(feature, "shares", None) == name
        for feature in config.features
        if feature.name in gone
    )
    assert name in gone
    assert [past for past in config.past_rates if name not in past.of] == list(left.past_rates)


def test_dropout_is_set_on_the_ids_alone() -> None:
    config = load_config(EXAMPLES / "simulated.toml")
    dropped = {
        f.name: f.id_dropout for f in with_dropout(config, ["item_id"], 0.2).features if hasattr(f, "id_dropout")
    }
    assert dropped["item_id"] == 0.2
    assert sum(share == 0.2 for share in dropped.values()) == 1
