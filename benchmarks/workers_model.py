"""A checkpoint with a gibibyte of tables, untrained: what it holds of memory does not depend on what it learned."""

from pathlib import Path
from typing import Any

from models.calibration import Identity
from models.checkpoint import save_checkpoint
from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.features.vocabulary import NUM_RESERVED, HashVocabulary, LearnedVocabulary, Vocabulary
from models.heads import BinaryStatistics
from models.inference.engines.names import graph_file
from models.inference.graph_files import write_graphs
from models.network import Network
from models.predictor import Predictor
from training.inference.graphs import float_graphs
from training.inference.onnx_graph import serialised

DIM = 16
TABLE_BYTES = 1 << 30
CONTEXT = ("user_id", "device", "country", "referrer")
CANDIDATE = ("item_id", "author", "topic", "campaign")
TASKS = ("click", "like")


def saved(folder: Path, num_learned: int, table_bytes: int = TABLE_BYTES) -> Path:
    """Write the checkpoint and return its path.

    Args:
        folder: of versions.
        num_learned: ids of a learned vocabulary of `item_id`; hashed like the others where 0.
        table_bytes: of all tables together.
    """
    hashed = [name for name in (*CONTEXT, *CANDIDATE) if num_learned == 0 or name != "item_id"]
    num_buckets = (table_bytes // (DIM * 4) - num_learned) // len(hashed) - NUM_RESERVED
    vocabularies: dict[str, Vocabulary] = {name: HashVocabulary(num_buckets) for name in hashed}
    if num_learned:
        vocabularies["item_id"] = LearnedVocabulary(map(item, range(num_learned)))
    config = _config(num_buckets, hashed)
    encoder = Encoder(config.features, Fitted(vocabularies, {}))
    statistics = {name: BinaryStatistics(num_observed=1_000_000, rate=0.1) for name in TASKS}
    network = Network(config, encoder, statistics)
    predictor = Predictor(config, encoder, network, dict.fromkeys(TASKS, Identity()))
    graphs = {graph_file(name, "float32"): serialised(model) for name, model in float_graphs(predictor).items()}
    return save_checkpoint(
        folder,
        predictor,
        name="gibibyte",
        statistics=statistics,
        metrics={},
        training={},
        writers=[lambda beside: write_graphs(beside, graphs)],
    )


def item(number: int) -> str:
    """An id as logs have them, 12 letters long."""
    return f"video-{number:06d}"


def _config(num_buckets: int, hashed: list[str]) -> ModelConfig:
    def feature(name: str, scope: str) -> dict[str, Any]:
        own = {"vocabulary": {"kind": "hash", "num_buckets": num_buckets}} if name in hashed else {}
        return {"name": name, "kind": "categorical", "scope": scope, **own}

    return ModelConfig.model_validate(
        {
            "features": [
                *(feature(name, "context") for name in CONTEXT),
                *(feature(name, "candidate") for name in CANDIDATE),
            ],
            "tasks": [{"name": name, "kind": "binary", "label": f"is_{name}"} for name in TASKS],
            "embedding": {"dim": DIM},
            "trunk": {"kind": "mmoe", "num_experts": 4, "expert": {"widths": [256, 128]}},
        }
    )
