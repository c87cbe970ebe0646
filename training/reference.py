"""Writes docs/configuration.md from the configuration classes, so that the page cannot go stale.

Run `python -m training.reference` after changing a setting; a test compares the page with the classes.
"""

import types
import typing
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from models.calibration.setting import BinaryCalibrationSetting, CalibrationSetting
from models.embedding import EmbeddingConfig
from models.features import AttentionConfig, CategoricalFeature, Cross, MultiCategoricalFeature, NumericFeature
from models.features.vocabulary import HashVocabularyConfig, LearnedVocabularyConfig
from models.heads import BinaryTask, DurationTask, Edge, RegressionTask, ValueTask
from models.heads.duration import BounceLogNormalConfig, LogNormalConfig, QuantilesConfig
from models.heads.entire_space import EntireSpaceConfig
from models.mlp import MlpConfig
from models.past import PastRatesConfig
from models.ranking import RankingConfig
from models.trunks import (
    CrossNetworkConfig,
    DcnV2Config,
    MMoEConfig,
    PleConfig,
    SharedBottomConfig,
    TabMConfig,
)
from training.cache.config import CacheConfig
from training.config import Config, EvaluationConfig, NetworkConfig, TrainingConfig
from training.data.config import DataConfig, SplitConfig
from training.data.partitions import PartitionsConfig
from training.growth import GrowthConfig
from training.inference.config import InferenceConfig
from training.negative_sampling import NegativeSampling
from training.optimizers import DEFAULTS
from training.optimizers.adamw import AdamWConfig
from training.optimizers.rowwise_adagrad import RowwiseAdagradConfig
from training.optimizers.sparse_adam import SparseAdamConfig
from training.resume.config import ResumeConfig
from training.retraining.checks.config import ChecksConfig
from training.retraining.complete import LaterConfig, MarkerConfig, SettledConfig
from training.retraining.config import RetrainConfig
from training.retraining.gates.config import GatesConfig
from training.tracking.config import MlflowConfig, NoTrackingConfig
from training.tuning.config import TuningConfig
from training.tuning.parameters import ChoiceParameter, FloatParameter, IntegerParameter, LogFloatParameter
from training.tuning.pruners import MedianConfig, NoneConfig
from training.weightings import (
    DwaConfig,
    FamoConfig,
    FixedConfig,
    GradientsConfig,
    GradNormConfig,
    UncertaintyConfig,
)

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"

SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("Top level", Config),
    ("`[data]`", DataConfig),
    ("`[data.split]`", SplitConfig),
    ("`[data.partitions]`", PartitionsConfig),
    ("`[data.cache]`", CacheConfig),
    ("`[data.negative_sampling]`", NegativeSampling),
    ('`[[features]]` of kind `"categorical"`', CategoricalFeature),
    ('`[[features]]` of kind `"multi_categorical"`', MultiCategoricalFeature),
    ("`attention` of a list", AttentionConfig),
    ('`[[features]]` of kind `"numeric"`', NumericFeature),
    ("`[[crosses]]`", Cross),
    ('`vocabulary` of kind `"learned"`', LearnedVocabularyConfig),
    ('`vocabulary` of kind `"hash"`', HashVocabularyConfig),
    ('`[[tasks]]` of kind `"binary"`', BinaryTask),
    ("`calibration` of a binary task", BinaryCalibrationSetting),
    ("`calibration` of any other task", CalibrationSetting),
    ("`entire_space` of a binary task", EntireSpaceConfig),
    ('`[[tasks]]` of kind `"duration"`', DurationTask),
    ('`distribution` of kind `"log_normal"`', LogNormalConfig),
    ('`distribution` of kind `"bounce_log_normal"`', BounceLogNormalConfig),
    ('`distribution` of kind `"quantiles"`', QuantilesConfig),
    ('`[[tasks]]` of kind `"regression"`', RegressionTask),
    ('`[[tasks]]` of kind `"value"`', ValueTask),
    ("An entry of `reads`", Edge),
    ("`[[past_rates]]`", PastRatesConfig),
    ("`[ranking]`", RankingConfig),
    ("`tower`, `expert`, `mlp`", MlpConfig),
    ("`[model.embedding]`", EmbeddingConfig),
    ('`[model.trunk]` of kind `"mmoe"`', MMoEConfig),
    ('`[model.trunk]` of kind `"shared_bottom"`', SharedBottomConfig),
    ('`[model.trunk]` of kind `"ple"`', PleConfig),
    ('`[model.trunk]` of kind `"dcnv2"`', DcnV2Config),
    ('`[model.trunk]` of kind `"tabm"`', TabMConfig),
    ("`cross` of a trunk", CrossNetworkConfig),
    ("`[training]`", TrainingConfig),
    ("`[training.growth]`", GrowthConfig),
    ("`[training.resume]`", ResumeConfig),
    ('`[training.weighting]` of kind `"uncertainty"`', UncertaintyConfig),
    ('`[training.weighting]` of kind `"fixed"`', FixedConfig),
    ('`[training.weighting]` of kind `"dwa"`', DwaConfig),
    ('`[training.weighting]` of kind `"gradnorm"`', GradNormConfig),
    ('`[training.weighting]` of kind `"famo"`', FamoConfig),
    ('`[training.weighting]` of kind `"gradients"`', GradientsConfig),
    ('`[training.optimizers.SUBNET]` of kind `"adamw"`', AdamWConfig),
    ('`[training.optimizers.SUBNET]` of kind `"rowwise_adagrad"`', RowwiseAdagradConfig),
    ('`[training.optimizers.SUBNET]` of kind `"sparse_adam"`', SparseAdamConfig),
    ("`[evaluation]`", EvaluationConfig),
    ("`[inference]`", InferenceConfig),
    ("`[retrain]`", RetrainConfig),
    ('`[retrain.complete]` of kind `"later"`', LaterConfig),
    ('`[retrain.complete]` of kind `"marker"`', MarkerConfig),
    ('`[retrain.complete]` of kind `"settled"`', SettledConfig),
    ("`[retrain.checks]`", ChecksConfig),
    ("`[retrain.gates]`", GatesConfig),
    ("`[tuning]`", TuningConfig),
    ('An entry of `[tuning.space]` of kind `"float"`', FloatParameter),
    ('An entry of `[tuning.space]` of kind `"log_float"`', LogFloatParameter),
    ('An entry of `[tuning.space]` of kind `"integer"`', IntegerParameter),
    ('An entry of `[tuning.space]` of kind `"choice"`', ChoiceParameter),
    ('`[tuning.pruner]` of kind `"median"`', MedianConfig),
    ('`[tuning.pruner]` of kind `"none"`', NoneConfig),
    ('`[tracking]` of kind `"none"`', NoTrackingConfig),
    ('`[tracking]` of kind `"mlflow"`', MlflowConfig),
)

_WITH_SECTIONS = (
    NetworkConfig, TrainingConfig, EvaluationConfig, InferenceConfig, TuningConfig, ChecksConfig, GatesConfig,
)  # fmt: skip
"""Settings whose defaults are listed in a section of their own."""
_HEAD = """\
# Configuration

One TOML file describes a run. An unknown key is an error. Made from the configuration classes by
`python -m training.reference`; `threefold init LOG` writes a first file from a log, and `examples/` has whole ones.
"""


def page() -> str:
    """The page's text."""
    return "\n".join([_HEAD, *_sections(), *_default_rates()]) + "\n"


def _sections() -> Iterator[str]:
    for title, model in SECTIONS:
        yield f"## {title}\n\n{(model.__doc__ or '').strip().splitlines()[0]}\n"
        yield "| key | type | default | meaning |\n|---|---|---|---|"
        for name, field in model.model_fields.items():
            described = field.description or ("Names the variant." if name == "kind" else "")
            meaning = " ".join(described.split()).replace("|", "\\|")
            yield f"| `{name}` | {_type(field.annotation)} | {_default(field)} | {meaning} |"
        yield ""


def _default_rates() -> Iterator[str]:
    yield "## Rates where `[training.optimizers]` names none\n\n| subnet | kind | learning rate |\n|---|---|---|"
    for subnet, config in DEFAULTS.items():
        yield f"| `{subnet}` | `{config.kind}` | {config.rate:g} |"


def _type(annotation: object) -> str:
    """The type in words a TOML author knows."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(arguments[0])
    if origin is typing.Literal:
        return " or ".join(f'`"{value}"`' for value in arguments)
    if origin in (typing.Union, types.UnionType):
        kinds = dict.fromkeys(_type(part) for part in arguments if part is not type(None))
        return " or ".join(kinds)
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"table of {_type(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    return {str: "text", int: "whole number", float: "number", bool: "true or false"}.get(annotation, "text")  # type: ignore[call-overload, no-any-return]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if default is None or default is PydanticUndefined or default in ((), {}):
        return ""
    if isinstance(default, _WITH_SECTIONS):
        return "see below"
    if isinstance(default, BaseModel):
        inner = ", ".join(f"{name} = {_toml(value)}" for name, value in default.model_dump(exclude_none=True).items())
        return f"`{{ {inner} }}`" if inner else ""
    return f"`{_toml(default)}`"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(held)}" for name, held in value.items()) + " }"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
