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

from models.embedding import EmbeddingConfig
from models.features import CategoricalFeature, MultiCategoricalFeature, NumericFeature
from models.features.vocabulary import HashVocabularyConfig, LearnedVocabularyConfig
from models.heads import BinaryTask, DurationTask, Edge, RegressionTask
from models.heads.entire_space import EntireSpaceConfig
from models.mlp import MlpConfig
from models.trunks import MMoEConfig, SharedBottomConfig
from training.config import Config, EvaluationConfig, NetworkConfig, TrainingConfig
from training.data.config import DataConfig, SplitConfig
from training.optimizers import DEFAULTS
from training.optimizers.adamw import AdamWConfig
from training.optimizers.rowwise_adagrad import RowwiseAdagradConfig
from training.optimizers.sparse_adam import SparseAdamConfig
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
    ('`[[features]]` of kind `"categorical"`', CategoricalFeature),
    ('`[[features]]` of kind `"multi_categorical"`', MultiCategoricalFeature),
    ('`[[features]]` of kind `"numeric"`', NumericFeature),
    ('`vocabulary` of kind `"learned"`', LearnedVocabularyConfig),
    ('`vocabulary` of kind `"hash"`', HashVocabularyConfig),
    ('`[[tasks]]` of kind `"binary"`', BinaryTask),
    ("`entire_space` of a binary task", EntireSpaceConfig),
    ('`[[tasks]]` of kind `"duration"`', DurationTask),
    ('`[[tasks]]` of kind `"regression"`', RegressionTask),
    ("An entry of `reads`", Edge),
    ("`tower`, `expert`, `mlp`", MlpConfig),
    ("`[model.embedding]`", EmbeddingConfig),
    ('`[model.trunk]` of kind `"mmoe"`', MMoEConfig),
    ('`[model.trunk]` of kind `"shared_bottom"`', SharedBottomConfig),
    ("`[training]`", TrainingConfig),
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
)

_HEAD = """\
# Configuration

One TOML file describes a run. An unknown key is an error. Made from the configuration classes by
`python -m training.reference`; `threefold init LOG` writes a first file from a log, and `examples/` has two whole ones.
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
    if isinstance(default, NetworkConfig | TrainingConfig | EvaluationConfig):
        return "see below"
    if isinstance(default, BaseModel):
        inner = ", ".join(f"{name} = {_toml(value)}" for name, value in default.model_dump(exclude_none=True).items())
        return f"`{{ {inner} }}`"
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
