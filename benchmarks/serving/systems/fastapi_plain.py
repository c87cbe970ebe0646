"""Baseline (a): a FastAPI application as one writes it first. Rows by pydantic, eager torch, JSON as it comes."""

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, create_model

from benchmarks.serving.systems.given import given
from benchmarks.serving.systems.predicting import Answers, EagerModel
from benchmarks.serving.world import ALL_SIZES, is_text

Row: type[BaseModel] = create_model("Row", **{name: (str if is_text(name) else int, ...) for name in ALL_SIZES})
told = given()
model = EagerModel(told.checkpoint)
app = FastAPI()


@app.post("/predict")
def predict(rows: list[Row]) -> Answers:
    return model.predict([row.model_dump() for row in rows])


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=told.port, log_level="warning")
