"""BentoML: `bentoml serve` of one worker; what the command line does not carry comes by the environment."""

import os
from pathlib import Path
from typing import Any

import bentoml
from pydantic import BaseModel, create_model

from benchmarks.serving.systems.predicting import Answers, EagerModel, EngineModel
from benchmarks.serving.world import ALL_SIZES, is_text

CHECKPOINT = Path(os.environ["SERVED_CHECKPOINT"])
Row: type[BaseModel] = create_model("Row", **{name: (str if is_text(name) else int, ...) for name in ALL_SIZES})


@bentoml.service(workers=1)
class Engine:
    def __init__(self) -> None:
        self.model = EngineModel(CHECKPOINT)

    @bentoml.api
    def predict(self, context: dict[str, Any], candidates: list[dict[str, Any]]) -> Answers:
        return self.model.predict(context, candidates)


@bentoml.service(workers=1)
class AsWritten:
    def __init__(self) -> None:
        self.model = EagerModel(CHECKPOINT)

    @bentoml.api
    def predict(self, rows: list[Row]) -> Answers:
        return self.model.predict([row.model_dump() for row in rows])
