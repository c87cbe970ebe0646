"""One tree's parsing, encoding and answering, measured; `benchmarks/parsing.py` starts it, on ours and on an older one.

The model has 30 features, 15 of the context and 15 of a candidate: ids as whole numbers and as text with vocabularies
from ten to hundreds of thousands of values, floats, lists. Values come as often as their rank says; some are new, and
some numbers are missing.
"""

import json
import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import orjson

from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.features import Feature, NumericStatistics
from models.features.vocabulary import LearnedVocabulary

try:
    from service.body.reader import RequestReader
except ImportError:  # an older tree
    from service.request import RequestReader  # type: ignore[attr-defined, no-redef]

KINDS = {
    "context": ["integer"] * 4 + ["text"] * 5 + ["number"] * 4 + ["list"] * 2,
    "candidate": ["integer"] * 5 + ["text"] * 5 + ["number"] * 4 + ["list"],
}
LONGEST_LIST = {"context": 20, "candidate": 5}
SMALLEST, LARGEST = 10, 300_000
BODIES, PASSES = 16, 12
Row = dict[str, Any]


def model() -> ModelConfig:
    features = []
    for scope, kinds in KINDS.items():
        for place, kind in enumerate(kinds):
            feature: Row = {"name": f"{scope}_{kind}_{place}", "scope": scope, "kind": "categorical"}
            if kind == "number":
                feature |= {"kind": "numeric", "encoding": "standardise" if place % 2 else "quantile_buckets"}
            elif kind == "list":
                feature |= {"kind": "multi_categorical", "max_length": LONGEST_LIST[scope]}
            features.append(feature)
    tasks = [{"name": "click", "kind": "binary", "label": "clicked"}]
    return ModelConfig.model_validate({"features": features, "tasks": tasks})


def encoder(config: ModelConfig) -> Encoder:
    edges = tuple(np.quantile(np.random.default_rng(0).lognormal(2, 1, 10_000), np.arange(1, 32) / 32).tolist())
    numeric = NumericStatistics(mean=7.4, standard_deviation=1.0, boundaries=edges, lowest=0.0, highest=500.0)
    numbers = {feature.name: numeric for feature in config.features if feature.kind == "numeric"}
    others = [feature for feature in config.features if feature.kind != "numeric"]
    return Encoder(config.features, Fitted({f.name: LearnedVocabulary(_ids(f)) for f in others}, numbers))


def _size(feature: Feature) -> int:
    place = int(feature.name.rsplit("_", 1)[1])
    return int(SMALLEST * (LARGEST / SMALLEST) ** (place * 4 % 15 / 14))


def _ids(feature: Feature) -> list[str]:
    return [str(_spelled(feature, rank)) for rank in range(_size(feature))]


def _spelled(feature: Feature, rank: int) -> str | int:
    return rank if "integer" in feature.name else f"v{rank:07d}"


def _value(feature: Feature, draw: random.Random) -> object:
    if feature.kind == "numeric":
        return None if draw.random() < 0.05 else round(draw.lognormvariate(2, 1), 4)
    if feature.kind == "multi_categorical":
        return [_id(feature, draw) for _ in range(draw.randint(1, feature.max_length))]
    return _id(feature, draw)


def _id(feature: Feature, draw: random.Random) -> str | int:
    return _spelled(feature, int(math.exp(draw.random() * math.log(_size(feature) * 1.5))))


def bodies(config: ModelConfig, num_rows: int, seed: int) -> dict[str, bytes]:
    """One body a form, all with the same rows."""
    draw = random.Random(seed)
    context = {f.name: _value(f, draw) for f in config.features if f.scope == "context"}
    rows = [{f.name: _value(f, draw) for f in config.features if f.scope == "candidate"} for _ in range(num_rows)]
    instances = [context | row for row in rows]
    forms = {
        "context + candidate columns": {"context": context, "candidates": _columns(rows)},
        "context + candidate rows": {"context": context, "candidates": rows},
        "columns": {"columns": _columns(instances)},
        "instances": {"instances": instances},
    }
    return {form: orjson.dumps(body) for form, body in forms.items()}


def _columns(rows: list[Row]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def microseconds(run: Callable[[Any], object], items: Sequence[Any]) -> float:
    """CPU time of one item, in the fastest of some passes over all of them."""
    passes = []
    for _ in range(PASSES):
        started = time.thread_time_ns()
        for item in items:
            run(item)
        passes.append((time.thread_time_ns() - started) / len(items) / 1e3)
    return min(passes)


def floors(config: ModelConfig) -> dict[str, Callable[[bytes], object]]:
    """What others do before a value is looked up: FastAPI with `list[Row]`, and orjson alone."""
    from pydantic import BaseModel, create_model

    kinds: dict[str, Any] = {"categorical": str | int | None, "numeric": float | None}
    types = {f.name: (kinds.get(f.kind, list[str | int] | None), None) for f in config.features}
    row = create_model("Row", **types)  # type: ignore[call-overload]
    body: type[BaseModel] = create_model("Body", instances=(list[row], ...))
    return {"pydantic, `list[Row]`": body.model_validate_json, "orjson.loads": orjson.loads}


def main() -> None:
    num_rows = int(sys.argv[1])
    config = model()
    reader, ours = RequestReader(config.features, 100_000), encoder(config)
    split = getattr(ours, "encode_split", None)

    def encode(request: Any) -> object:
        form = split if split and request.context is not None else ours.encode
        return form(request.columns, request.num_rows, request.context)

    found: dict[str, dict[str, float]] = {}
    drawn = [bodies(config, num_rows, seed) for seed in range(BODIES)]
    for form in drawn[0]:
        sent = [body[form] for body in drawn]
        try:
            requests = [reader.read(body) for body in sent]
        except Exception as error:
            print(f"{form}: {error}", file=sys.stderr)
            continue
        found[form] = {
            "parse": microseconds(reader.read, sent),
            "encode": microseconds(encode, requests),
            "both": microseconds(lambda body: encode(reader.read(body)), sent),
        }
    instances = [body["instances"] for body in drawn]
    found["floors"] = {name: microseconds(run, instances) for name, run in floors(config).items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
