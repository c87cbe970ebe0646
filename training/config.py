"""The configuration of a training run: one TOML file."""

import re
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from models.config import ModelConfig
from models.embedding import EmbeddingConfig
from models.errors import ConfigError
from models.features import Cross, Feature
from models.frozen import Frozen
from models.heads import Task
from models.names import ColumnName
from models.past import PastRatesConfig
from models.ranking import RankingConfig
from models.trunks import MMoEConfig, TrunkConfig
from training.compute.device import DeviceName
from training.compute.precision import PrecisionName
from training.data.config import WITHOUT_EFFECT, DataConfig
from training.evaluation.known import check_unseen
from training.growth.config import GrowthConfig
from training.inference.config import InferenceConfig
from training.negative_sampling import check_sampling
from training.objective import LossUnit
from training.optimizers import OptimizerConfig
from training.resume.config import ResumeConfig
from training.retraining.config import RetrainConfig, check_retrainable
from training.tracking.config import NoTrackingConfig, TrackingConfig
from training.tuning.config import TuningConfig
from training.weightings import UncertaintyConfig, WeightingConfig

NOT_COMPARED: Any = {
    "name": True, "inference": True, "data": WITHOUT_EFFECT, "training": {"resume"}, "ranking": True, "tracking": True,
    "retrain": True,
}  # fmt: skip
"""Settings that change no bit of a model, for whoever compares configurations."""
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


def check_name(name: str) -> None:
    """Refuse a model's name that a configuration could not hold.

    Raises:
        ConfigError: it has other characters than letters, digits, dot, dash and underscore.
    """
    if re.match(_NAME, name) is None:
        raise ConfigError(f"a name is letters, digits, dots, dashes and underscores; found '{name}': choose another")


class NetworkConfig(Frozen):
    """The section [model]: what lies between features and tasks."""

    embedding: EmbeddingConfig = EmbeddingConfig()
    """Width and start of the embeddings."""
    trunk: TrunkConfig = MMoEConfig()
    """What the tasks share."""


class TrainingConfig(Frozen):
    """The section [training]: how the network is trained."""

    batch_size: int = Field(default=2_048, ge=2)
    """Rows a step."""
    max_epochs: int = Field(default=3, ge=1)
    """Passes over the training window at the most."""
    max_steps: int | None = Field(default=None, ge=1)
    """Stop after this many steps, whatever the epochs."""
    validations_per_epoch: int = Field(default=4, ge=1)
    """Validation happens inside the epoch: large id tables are at their best before it ends."""
    patience: int = Field(default=4, ge=1)
    """Stop after this many validations in a row without a new best."""
    on_collapse: Literal["go_on", "stop"] = "go_on"
    """What follows when the model collapses as its second pass begins (docs/overfitting.md): `go_on` raises the alarm
    and leaves the end to patience, `stop` ends the run. The weights of the best validation are kept either way."""
    reset_embeddings: Literal["never", "each_epoch"] = "never"
    """`each_epoch` begins every pass but the first with a newly drawn table, so that the rest of the network may learn
    from more than one (docs/overfitting.md). Patience then ends a run only at the end of a pass."""
    average_weights: float = Field(default=0.0, ge=0, lt=1)
    """Validation looks at a running average of the weights, and the run ends with it: this share of the average is
    kept at a step, so 0.99 averages about a hundred steps. Not with `reset_embeddings`; 0 takes the weights as they
    are. For small networks: every weight of every table is averaged at every step."""
    validation_rows: int = Field(default=262_144, ge=1)
    """At most this many evenly spaced rows of the validation window are used; they stay encoded in memory."""
    telemetry_every: int = Field(default=20, ge=1)
    """Steps between two readings of losses, weights, rates, gradients, updates and dead units (docs/telemetry.md)."""
    weighting: WeightingConfig = UncertaintyConfig()
    """How the losses of the tasks become one step."""
    loss_unit: LossUnit = "base_rate"
    """What the weighting gets: losses in units of the `base_rate`'s, in which no label's unit or rarity shows, or in
    nats and squared units of the `label`, which is for comparisons with other libraries."""
    optimizers: dict[str, OptimizerConfig] = Field(default_factory=dict)
    """By subnet (`embeddings`, `inputs`, `shared`, `heads.<task>`, `weighting`) or pattern (`heads.*`)."""
    growth: GrowthConfig | None = None
    """What is kept for runs that train this model on with `--from`; nothing where the section is left out."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Of initial weights, order of rows and dropout: the same seed and number of threads give the same model."""
    num_threads: int | None = Field(default=None, ge=1)
    """Threads of PyTorch; all cores where none is given."""
    device: DeviceName = "auto"
    """Where the network is trained: `cpu`, `cuda`, or with `auto` on a GPU where there is one."""
    precision: PrecisionName = "auto"
    """Of the matrix products in trunk and heads; losses, weights and tables are `float32` always. `auto` takes
    `bfloat16` where the device has units for it: a GPU, or a processor with AMX."""
    compile: bool | Literal["auto"] = "auto"
    """Compile trunk and heads by `torch.compile`; without a C++ compiler they run as they are, and the log says so.
    `auto` does where the device has units for bfloat16 and the run takes 5,000 steps or more."""
    resume: ResumeConfig = ResumeConfig()
    """How a killed training goes on (docs/resume.md)."""

    @model_validator(mode="after")
    def _averages_one_table(self) -> Self:
        if self.average_weights and self.reset_embeddings != "never":
            raise ConfigError(
                f"an average of weights is of one table, and `reset_embeddings` draws one for each pass; found "
                f'average_weights = {self.average_weights} and reset_embeddings = "{self.reset_embeddings}": set '
                f"one of them alone"
            )
        return self

    def num_steps(self, rows_per_epoch: int) -> int:
        """Steps that a run takes at the most."""
        most = self.max_epochs * -(-rows_per_epoch // self.batch_size)
        return most if self.max_steps is None else min(most, self.max_steps)


class EvaluationConfig(Frozen):
    """The section [evaluation]: what is reported beyond the overall numbers."""

    group_by: ColumnName | None = None
    """GAUC is the mean AUC within groups of this column, say the user."""
    slice_by: tuple[ColumnName, ...] = ()
    """Metrics are repeated for the most frequent values of these columns, say the placement."""
    unseen: tuple[ColumnName, ...] = ()
    """Metrics are repeated apart for rows whose value of these features the model knows and for rows whose value it
    does not, say the user's and the item's id: how good it is for whom it has never seen."""


class Config(Frozen):
    """A whole configuration file."""

    name: str = Field(pattern=_NAME)
    """Name of the model: letters, digits, dot, dash, underscore."""
    data: DataConfig
    """The logs."""
    features: tuple[Feature, ...] = Field(min_length=1)
    """Inputs, one `[[features]]` each."""
    tasks: tuple[Task, ...] = Field(min_length=1)
    """What is predicted, one `[[tasks]]` each."""
    crosses: tuple[Cross, ...] = ()
    """Combinations of categorical features with embeddings of their own, one `[[crosses]]` each."""
    past_rates: tuple[PastRatesConfig, ...] = ()
    """Rates and counts of ids in earlier periods as further inputs, one `[[past_rates]]` each (docs/past_rates.md)."""
    ranking: RankingConfig | None = None
    """What a row is worth, for answers with a `score` and requests for the best rows (docs/ranking.md)."""
    model: NetworkConfig = NetworkConfig()
    """What lies between features and tasks."""
    training: TrainingConfig = TrainingConfig()
    """How the network is trained."""
    evaluation: EvaluationConfig = EvaluationConfig()
    """What is reported beyond the overall numbers."""
    inference: InferenceConfig = InferenceConfig()
    """The graphs that a checkpoint holds for the service, and what a reduced precision may cost."""
    tuning: TuningConfig = TuningConfig()
    """What `threefold tune` may change."""
    retrain: RetrainConfig | None = None
    """What `threefold retrain` does with the newest logs (docs/retraining.md); nothing where the section is left
    out."""
    tracking: TrackingConfig = NoTrackingConfig()
    """Who is told of runs and versions beside their own files (docs/tracking.md)."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.model_part()
        check_sampling(self.data.negative_sampling, self.tasks)
        check_unseen(self.evaluation.unseen, self.features)
        check_retrainable(self.retrain, self.data, grows=self.training.growth is not None)
        return self

    def model_part(self) -> ModelConfig:
        """The part that a checkpoint needs to rebuild the model."""
        return ModelConfig(
            features=self.features,
            tasks=self.tasks,
            crosses=self.crosses,
            embedding=self.model.embedding,
            trunk=self.model.trunk,
            past_rates=self.past_rates,
            ranking=self.ranking,
        )

    def with_overrides(self, data: str | None = None, seed: int | None = None) -> Self:
        """The same configuration with another log or seed, where one is given."""
        updates: dict[str, object] = {}
        if data is not None:
            updates["data"] = self.data.model_copy(update={"path": data})
        if seed is not None:
            if not 0 <= seed < 2**32:
                raise ConfigError(f"a seed is a whole number from 0 to 4294967295; found {seed}: choose another")
            updates["training"] = self.training.model_copy(update={"seed": seed})
        return self.model_copy(update=updates)


def load_config(path: Path) -> Config:
    """Read and check a TOML file.

    Raises:
        ConfigError: it cannot be read, is no TOML, or a setting breaks a rule; all broken rules are named.
    """
    return validated(read_settings(path), str(path))


def read_settings(path: Path) -> dict[str, Any]:
    """The tables of a TOML file as they are.

    Raises:
        ConfigError: it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"a configuration is a readable TOML file; {path}: {error}. Correct the path") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"a configuration is TOML; {path} is not: {error}. Correct that line") from None


def validated(settings: dict[str, Any], source: str) -> Config:
    """The configuration of some tables; `source` says where they are from.

    Raises:
        ConfigError: a setting breaks a rule; all broken rules are named.
    """
    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        found = "\n".join(f"  {_where(e['loc'])}: {_what(e)}" for e in error.errors())
        raise ConfigError(f"{source} breaks {error.error_count()} rule(s):\n{found}") from None


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "the file"


def _what(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "no such setting: correct the name or remove it (docs/configuration.md lists all settings)"
    if error["type"] == "missing":
        return "this setting is needed: add it"
    message, found = error["msg"].removeprefix("Value error, "), error["input"]
    plain = isinstance(found, str | int | float) and not error["type"].startswith(("value_error", "union_tag"))
    return f"{message}; found {found!r}" if plain else message
