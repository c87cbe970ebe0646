"""One gather of the batch's distinct rows against one sparse lookup a feature: time of forward, backward and step.

    python -m benchmarks.embedding_gradient

Both run in one process and take turns; the median of each and their ratio are printed.
"""

import statistics
import time

import torch
from torch import Tensor
from torch.nn import functional

from models.batch import EncodedBatch
from models.embedding import Embedding, EmbeddingConfig
from models.encoder import Encoder, Fitted
from models.features import CategoricalFeature, Feature, MultiCategoricalFeature
from models.features.vocabulary import LearnedVocabulary
from training.optimizers.rowwise_adagrad import RowwiseAdagradConfig

BATCH, ROWS, ID_FEATURES, BAGS, BAG_LENGTH, ROUNDS = 2_048, 40_000, 37, 3, 50, 15


def network() -> Embedding:
    features: list[Feature] = [
        CategoricalFeature(name=f"id{n}", kind="categorical", scope="context") for n in range(ID_FEATURES)
    ]
    features += [
        MultiCategoricalFeature(name=f"bag{n}", kind="multi_categorical", scope="context", shares="id0")
        for n in range(BAGS)
    ]
    small = LearnedVocabulary(str(n) for n in range(20))
    large = LearnedVocabulary(str(n) for n in range(ROWS))
    vocabularies = {f"id{n}": large if n == 0 else small for n in range(ID_FEATURES)}
    return Embedding(EmbeddingConfig(), Encoder(features, Fitted(vocabularies, {})))


def batch(embedding: Embedding) -> EncodedBatch:
    rows = len(embedding.table)
    ids = torch.randint(1, rows, (BATCH, ID_FEATURES))
    bags = {name: torch.randint(0, ROWS, (BATCH, BAG_LENGTH)) for name in embedding.poolings}
    return EncodedBatch(ids, bags, torch.zeros(BATCH, 0))


def lookup_a_feature(embedding: Embedding, rows: EncodedBatch) -> Tensor:
    looked_up = [functional.embedding(rows.ids[:, n], embedding.table, sparse=True) for n in range(ID_FEATURES)]
    looked_up += [
        functional.embedding_bag(bag, embedding.table, mode="mean", padding_idx=0, sparse=True)
        for bag in rows.bags.values()
    ]
    return torch.cat(looked_up, dim=1)


def main() -> None:
    torch.manual_seed(0)
    embedding = network().train()
    optimizer = RowwiseAdagradConfig(learning_rate=0.1).build(embedding.parameters())
    seconds: dict[str, list[float]] = {"a lookup a feature": [], "distinct rows gathered": []}
    for _ in range(ROUNDS):
        rows = batch(embedding)
        for name, forward in (("a lookup a feature", lookup_a_feature), ("distinct rows gathered", Embedding.forward)):
            started = time.perf_counter()
            optimizer.zero_grad()
            forward(embedding, rows).square().mean().backward()
            optimizer.step()
            seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(found[2:]) for name, found in seconds.items()}
    for name, median in medians.items():
        print(f"{name:<24} {median * 1e3:7.1f} ms a step of {BATCH:,} rows")
    print(f"ratio {medians['a lookup a feature'] / medians['distinct rows gathered']:.2f}")


if __name__ == "__main__":
    main()
