"""What features may not say of each other; every refusal names the way out."""

from typing import Any

import pytest
from pydantic import ValidationError

from models.features.rules import owner_of, vocabulary_owners
from tests.models.rich import CROSSES, FEATURES, config, encoder
from tests.models.tiny import from_rows

USER, ITEM = FEATURES[0], FEATURES[6]
HASH = {"kind": "hash", "num_buckets": 9}


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        config(**changes)
    return str(caught.value)


def added(**feature: Any) -> list[dict[str, Any]]:
    return [*FEATURES, {"name": "more", "scope": "context", **feature}]


class TestSharing:
    def test_a_categorical_may_share_a_table(self) -> None:
        made = encoder()
        batch = made.encode(from_rows(config(), [{"item": "b", "last": "b", "history": ["b"]}]), 1)
        assert batch.ids[0, made.id_features.index("last")] == batch.ids[0, made.id_features.index("item")]
        assert batch.bags["history"][0, 0] == batch.ids[0, made.id_features.index("item")]
        assert "last" not in made.offsets

    def test_owners(self) -> None:
        model = config()
        assert list(vocabulary_owners(model.features, model.crosses)) == [
            *("user", "tab", "item", "tags"),
            *("user_tab", "user_item", "all"),
        ]
        assert [owner_of(f) for f in model.features if f.kind != "numeric"] == [
            *("user", "tab", "item", "item", "item", "item", "tags")
        ]

    @pytest.mark.parametrize("kind", ["categorical", "multi_categorical"])
    def test_a_chain_is_refused_and_its_end_is_named(self, kind: str) -> None:
        message = refused(features=added(kind=kind, shares="last"))
        assert "'more' shares 'last', which itself shares 'item': share 'item'" in message

    def test_nothing_shares_itself(self) -> None:
        message = refused(features=added(kind="categorical", shares="more"))
        assert "shares = 'more', which is none that it can use: use one of item, tab, user" in message

    def test_shares_and_vocabulary_exclude_each_other(self) -> None:
        assert "sets both" in refused(features=added(kind="categorical", shares="item", vocabulary=HASH))


class TestAttention:
    @pytest.mark.parametrize("target", ["nothing", "age", "history", "user_tab"])
    def test_its_target_is_a_categorical_feature(self, target: str) -> None:
        message = refused(features=added(kind="multi_categorical", pooling="attention", target=target))
        assert f"target = '{target}'" in message
        assert "use one of item, last, tab, user" in message

    def test_it_needs_a_target(self) -> None:
        assert "add `target`" in refused(features=added(kind="multi_categorical", pooling="attention"))

    @pytest.mark.parametrize("setting", [{"target": "item"}, {"attention": {"width": 3}}])
    def test_its_settings_are_for_it_alone(self, setting: dict[str, Any]) -> None:
        message = refused(features=added(kind="multi_categorical", **setting))
        assert f'`{next(iter(setting))}` is for pooling = "attention"' in message


class TestCrosses:
    @pytest.mark.parametrize("part", ["nothing", "age", "history", "user_tab"])
    def test_parts_are_categorical_features(self, part: str) -> None:
        message = refused(crosses=[CROSSES[0], {"name": "more", "of": ["user", part]}])
        assert f"of = '{part}', which is none that it can use: use one of item, last, tab, user" in message

    @pytest.mark.parametrize("of", [[], ["user"]])
    def test_parts_are_two_at_least(self, of: list[str]) -> None:
        assert "at least 2 items" in refused(crosses=[{"name": "more", "of": of}])

    def test_parts_are_different(self) -> None:
        assert "'more' is of user, user: remove" in refused(crosses=[{"name": "more", "of": ["user", "user"]}])

    @pytest.mark.parametrize("name", ["user", "history", "all"])
    def test_names_are_unique(self, name: str) -> None:
        assert f"more than once: {name}" in refused(crosses=[*CROSSES, {"name": name, "of": ["user", "tab"]}])

    def test_a_label_is_never_one(self) -> None:
        assert "a label is never a feature; found clicked" in refused(
            crosses=[{"name": "clicked", "of": ["user", "tab"]}]
        )

    def test_a_label_is_never_a_part(self) -> None:
        leak = {"kind": "categorical", "name": "clicked", "scope": "candidate"}
        crosses = [{"name": "more", "of": ["user", "clicked"]}]
        assert "a label is never a feature; found clicked" in refused(features=[*FEATURES, leak], crosses=crosses)


class TestIdDropout:
    @pytest.mark.parametrize("chance", [-0.1, 1.0, float("nan")])
    def test_it_is_a_share(self, chance: float) -> None:
        assert "id_dropout" in refused(features=added(kind="categorical", id_dropout=chance))

    def test_a_hash_has_no_unknown_ids(self) -> None:
        message = refused(features=added(kind="categorical", id_dropout=0.1, vocabulary=HASH))
        assert "feature 'more' has a vocabulary of kind \"hash\"" in message

    def test_neither_has_one_that_is_shared(self) -> None:
        features = [{**USER, "vocabulary": HASH}, ITEM]
        more = {"name": "more", "scope": "context", "kind": "multi_categorical", "shares": "user", "id_dropout": 0.1}
        assert "feature 'more'" in refused(features=[*features, more], crosses=[])

    def test_a_hashed_cross_would_tell_the_id_all_the_same(self) -> None:
        features = [{**USER, "id_dropout": 0.1}, *FEATURES[1:]]
        assert "cross 'user_item', of a feature with `id_dropout`" in refused(features=features)
