"""What a model is made of: the very object is stored with the checkpoint and rebuilds the model."""

import json
from hashlib import sha256
from typing import Self

from pydantic import Field, model_validator

from models.calibration.check import check_calibrations
from models.embedding import EmbeddingConfig
from models.errors import ConfigError
from models.features import Cross, Feature
from models.features.rules import check_features
from models.frozen import Frozen
from models.heads import Task
from models.past import PastRatesConfig, check_past_rates
from models.ranking import SCORE, RankingConfig, Utility, check_ranking
from models.task_graph import TaskGraph
from models.trunks import MMoEConfig, TrunkConfig


class ModelConfig(Frozen):
    """Features, tasks, and the network between them."""

    features: tuple[Feature, ...] = Field(min_length=1)
    tasks: tuple[Task, ...] = Field(min_length=1)
    crosses: tuple[Cross, ...] = ()
    embedding: EmbeddingConfig = EmbeddingConfig()
    trunk: TrunkConfig = MMoEConfig()
    past_rates: tuple[PastRatesConfig, ...] = ()
    ranking: RankingConfig | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_features(self.features, self.crosses)
        TaskGraph(self.tasks)
        check_past_rates(self.past_rates, self.features, self.tasks)
        check_calibrations(self.features, self.tasks)
        check_ranking(self.ranking, self.prediction_names)
        labels = {task.label for task in self.tasks}
        leaks = [part.name for part in (*self.features, *self.crosses) if part.name in labels]
        if leaks:
            raise ConfigError(
                f"a label is never a feature; found {', '.join(leaks)} as both: the model would read the answer. "
                f"Remove the feature"
            )
        return self

    @property
    def task_graph(self) -> TaskGraph:
        """The tasks and who reads whom."""
        return TaskGraph(self.tasks)

    @property
    def prediction_names(self) -> tuple[str, ...]:
        """Fields of a prediction, in the order of the tasks."""
        return tuple(name for task in self.tasks for name in task.prediction_names)

    @property
    def answer_fields(self) -> tuple[str, ...]:
        """Fields of an answer: those of a prediction and, with a utility, the score."""
        return self.prediction_names if self.ranking is None else (*self.prediction_names, SCORE)

    @property
    def utility(self) -> Utility | None:
        """What a row is worth; None where nothing says so."""
        return None if self.ranking is None else Utility.parse(self.ranking.utility, self.prediction_names)

    @property
    def schema_fingerprint(self) -> str:
        """Changes exactly when requests or answers change.

        Features count by name, kind and scope; tasks by name and kind; of a utility, only that there is one.
        """
        schema: dict[str, object] = {
            "features": sorted([f.name, f.kind, f.scope] for f in self.features),
            "tasks": sorted([t.name, t.kind] for t in self.tasks),
        }
        if self.ranking is not None:
            schema["ranking"] = SCORE
        return sha256(json.dumps(schema).encode()).hexdigest()
