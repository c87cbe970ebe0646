"""examples/kuairand.toml without one of its ingredients each, and with one more each: changes of the file's tables."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Settings = dict[str, Any]
"""The tables of a configuration file, as TOML gives them."""
SHIPPED = "shipped"
IDS = ("user_id", "video_id", "author_id", "music_id")


@dataclass(frozen=True)
class Variant:
    """A changed configuration.

    Attributes:
        name: as it is written in files.
        title: as people read it.
        change: changes a copy of the tables in place.
    """

    name: str
    title: str
    change: Callable[[Settings], None]

    def of(self, settings: Settings) -> Settings:
        """The changed tables; what is given stays as it is."""
        changed = deepcopy(settings)
        self.change(changed)
        return changed


def _lists(settings: Settings) -> list[Settings]:
    """Histories: lists of the ids of another feature."""
    return [each for each in settings["features"] if each["kind"] == "multi_categorical" and "shares" in each]


def _leave_out(settings: Settings, names: set[str]) -> None:
    """Features, and whatever names one of them elsewhere."""
    settings["features"] = [each for each in settings["features"] if each["name"] not in names]
    for table in ("past_rates", "crosses"):
        settings[table] = [each for each in settings.get(table, []) if not names & set(each["of"])]
    evaluation = settings.get("evaluation", {})
    evaluation["unseen"] = [name for name in evaluation.get("unseen", []) if name not in names]


def _trunk(settings: Settings) -> Settings:
    trunk: Settings = settings.setdefault("model", {}).setdefault("trunk", {})
    return trunk


def without_past_rates(settings: Settings) -> None:
    settings.pop("past_rates", None)


def without_lengths(settings: Settings) -> None:
    for each in settings["features"]:
        each.pop("with_length", None)


def without_cross(settings: Settings) -> None:
    _trunk(settings).pop("cross", None)


def without_calibration_by_tab(settings: Settings) -> None:
    for task in settings["tasks"]:
        if "by" in task.get("calibration", {}):
            task["calibration"].pop("by")


def without_histories(settings: Settings) -> None:
    _leave_out(settings, {each["name"] for each in _lists(settings)})


def without_ids(settings: Settings) -> None:
    """The lists go too: they are of the videos' ids. So do the past rates of these ids."""
    _leave_out(settings, {*IDS, *(each["name"] for each in _lists(settings))})


def without_edges(settings: Settings) -> None:
    for task in settings["tasks"]:
        task.pop("reads", None)


def shared_bottom(settings: Settings) -> None:
    settings["model"]["trunk"] = {"kind": "shared_bottom"}
    settings.setdefault("training", {})["max_epochs"] = 1


def silu(settings: Settings) -> None:
    """In experts and towers; the widths stay."""
    _trunk(settings).setdefault("expert", {"widths": [64]})["activation"] = "silu"
    for task in settings["tasks"]:
        task.setdefault("tower", {"widths": [64]})["activation"] = "silu"


def piecewise_linear(settings: Settings) -> None:
    for each in settings["features"]:
        if each["kind"] == "numeric":
            each["encoding"] = "piecewise_linear"


def attention(settings: Settings) -> None:
    for each in _lists(settings):
        each["pooling"] = "attention"
    optimizers = settings.setdefault("training", {}).setdefault("optimizers", {})
    optimizers["inputs"] = {"kind": "adamw", "learning_rate": 3e-3}


def id_dropout(settings: Settings) -> None:
    for each in settings["features"]:
        if each["name"] in IDS:
            each["id_dropout"] = 0.1


def quantiles(settings: Settings) -> None:
    for task in settings["tasks"]:
        if task["kind"] == "duration":
            task["distribution"] = {"kind": "quantiles", "coverage": 0.9}


def reset_embeddings(settings: Settings) -> None:
    settings.setdefault("training", {})["reset_embeddings"] = "each_epoch"


def dot_products(settings: Settings) -> None:
    settings["model"].setdefault("embedding", {})["interactions"] = "dot"


def ple(settings: Settings) -> None:
    kept = {name: value for name, value in _trunk(settings).items() if name in ("expert", "cross")}
    settings["model"]["trunk"] = {"kind": "ple", **kept}


def tabm(settings: Settings) -> None:
    kept = {name: value for name, value in _trunk(settings).items() if name == "cross"}
    settings["model"]["trunk"] = {"kind": "tabm", **kept}


VARIANTS = (
    Variant("without_past_rates", "without past rates", without_past_rates),
    Variant("without_lengths", "without lengths of lists", without_lengths),
    Variant("without_cross", "without the cross network", without_cross),
    Variant("without_calibration_by_tab", "without calibration by tab", without_calibration_by_tab),
    Variant("without_histories", "without histories", without_histories),
    Variant("without_ids", "without ids, histories and the ids' past rates", without_ids),
    Variant("without_edges", "without edges", without_edges),
    Variant("shared_bottom", "`shared_bottom` for the trunk, one epoch", shared_bottom),
    Variant("silu", "silu for relu", silu),
    Variant("piecewise_linear", "`piecewise_linear` for quantile buckets", piecewise_linear),
    Variant("attention", "with attention pooling, `inputs` at 3e-3", attention),
    Variant("id_dropout", "with `id_dropout = 0.1`", id_dropout),
    Variant("quantiles", "`quantiles` for the distribution of dwell", quantiles),
    Variant("reset_embeddings", "with new tables for each epoch", reset_embeddings),
    Variant("dot", "with dot products of embeddings", dot_products),
    Variant("ple", "`ple` for the trunk", ple),
    Variant("tabm", "`tabm` for the trunk", tabm),
)
