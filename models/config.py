"""What a model is made of: the very object is stored with the checkpoint and rebuilds the model."""

import json
from hashlib import sha256
from typing import Self

from pydantic import Field, model_validator

from models.embedding import EmbeddingConfig
from models.encoder import check_features
from models.errors import ConfigError
from models.features import Feature
from models.frozen import Frozen
from models.heads import Task
from models.task_graph import TaskGraph
from models.trunks import MMoEConfig, TrunkConfig


class ModelConfig(Frozen):
    """Features, tasks, and the network between them."""

    features: tuple[Feature, ...] = Field(min_length=1)
    tasks: tuple[Task, ...] = Field(min_length=1)
    embedding: EmbeddingConfig = EmbeddingConfig()
    trunk: TrunkConfig = MMoEConfig()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_features(self.features)
        TaskGraph(self.tasks)
        labels = {task.label for task in self.tasks}
        leaks = [feature.name for feature in self.features if feature.name in labels]
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
    def schema_fingerprint(self) -> str:
        """Changes exactly when requests or answers change: features by name, kind and scope; tasks by name and kind."""
        schema = {
            "features": sorted([f.name, f.kind, f.scope] for f in self.features),
            "tasks": sorted([t.name, t.kind] for t in self.tasks),
        }
        return sha256(json.dumps(schema).encode()).hexdigest()
