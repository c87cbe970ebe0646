"""What each way to feed the network costs: time of looking up, pooling and embedding, forward and backward.

    python -m benchmarks.input_cost

Three lists of 50 with a target, 10 ids and 10 numbers. The variants take turns in one thread of one process; the
median of each and its ratio to the first one are printed. The trunk is left out, so a whole step differs by less.
"""

import statistics
import time
from collections.abc import Mapping
from typing import Any

import torch
from pydantic import TypeAdapter

from models.batch import EncodedBatch
from models.embedding import Embedding, EmbeddingConfig
from models.encoder import Encoder, Fitted
from models.features import Feature, NumericStatistics
from models.features.vocabulary import LearnedVocabulary

BATCH, ROWS, IDS, LISTS, LENGTH, NUMBERS, ROUNDS = 2_048, 40_000, 10, 3, 50, 10, 11
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "mean": {},
    "attention": {"list": {"pooling": "attention"}},
    "attention, ReLU": {"list": {"pooling": "attention", "attention": {"activation": "relu"}}},
    "attention, width 16": {"list": {"pooling": "attention", "attention": {"width": 16}}},
    "mean, length told": {"list": {"with_length": True}},
    "mean, id_dropout of ids": {"id": {"id_dropout": 0.1}},
    "mean, id_dropout of ids and lists": {"id": {"id_dropout": 0.1}, "list": {"id_dropout": 0.1}},
    "mean, piecewise-linear numbers": {"number": {"encoding": "piecewise_linear"}},
    "mean, standardised numbers": {"number": {"encoding": "standardise"}},
}


def prepared(
    id_: Mapping[str, Any], list_: Mapping[str, Any], number: Mapping[str, Any]
) -> tuple[Embedding, EncodedBatch]:
    base = {"scope": "context"}
    settings = [{**base, "name": f"id{n}", "kind": "categorical", **id_} for n in range(IDS)]
    shared = {**base, "kind": "multi_categorical", "shares": "id0"}
    settings += [{**shared, "name": f"list{n}", **list_} for n in range(LISTS)]
    settings += [{**base, "name": f"number{n}", "kind": "numeric", **number} for n in range(NUMBERS)]
    features = TypeAdapter(list[Feature]).validate_python(settings)
    large, small = (LearnedVocabulary(str(n) for n in range(size)) for size in (ROWS, 20))
    edges = tuple(float(n) for n in range(1, 32))
    numerics = NumericStatistics(mean=16, standard_deviation=9, boundaries=edges, lowest=0, highest=32)
    fitted = Fitted(
        {f"id{n}": large if n == 0 else small for n in range(IDS)}, {f"number{n}": numerics for n in range(NUMBERS)}
    )
    encoder = Encoder(features, fitted)
    return Embedding(EmbeddingConfig(), encoder).train(), batch(encoder)


def batch(encoder: Encoder) -> EncodedBatch:
    ids = torch.randint(1, encoder.num_rows, (BATCH, len(encoder.id_features)))
    lists = {feature.name: torch.randint(1, ROWS, (BATCH, LENGTH)) for feature in encoder.bag_features}
    return EncodedBatch(ids, lists, torch.rand(BATCH, encoder.numeric_width).round())


def step(of: Embedding, rows: EncodedBatch) -> float:
    """Seconds of processor time of a forward and a backward pass."""
    of.zero_grad(set_to_none=True)
    started = time.process_time()
    of(rows).square().sum().backward()
    return time.process_time() - started


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    made = {
        name: prepared(change.get("id", {}), change.get("list", {}), change.get("number", {}))
        for name, change in VARIANTS.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(ROUNDS):
        for name, (embedding, rows) in made.items():
            seconds[name].append(step(embedding, rows))
    medians = {name: statistics.median(found[2:]) for name, found in seconds.items()}
    for name, median in medians.items():
        print(f"{name:<36} {median * 1e3:7.1f} ms   {median / medians['mean']:.2f} x")


if __name__ == "__main__":
    main()
