"""The network: embeddings, a shared trunk, and a head a task that may read other heads."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from models.batch import EncodedBatch
from models.config import ModelConfig
from models.embedding import Embedding
from models.encoder import Encoder
from models.heads import BinaryStatistics, BinaryTask, DurationStatistics, Head, LabelStatistics, Task


class Network(nn.Module):
    """From an encoded batch to every head's output.

    Args:
        config: what to build.
        encoder: gives the size of the packed table and the width of the input.
        statistics: of each task's label, from the training window.
    """

    def __init__(self, config: ModelConfig, encoder: Encoder, statistics: Mapping[str, LabelStatistics]) -> None:
        super().__init__()
        self.graph = config.task_graph
        self.embeddings = Embedding(config.embedding, encoder)
        self.shared = config.trunk.build(self.embeddings.output_width, len(config.tasks))
        self.heads = nn.ModuleDict({_key(t.name): self._head(t, statistics[t.name]) for t in config.tasks})

    def _head(self, task: Task, statistics: LabelStatistics) -> Head:
        width = self.shared.output_width + len(task.reads)  # every estimate read is one number
        if isinstance(task, BinaryTask):
            assert isinstance(statistics, BinaryStatistics)
            return task.build(width, statistics)
        assert isinstance(statistics, DurationStatistics)
        return task.build(width, statistics)

    def head(self, task: str) -> Head:
        """The head of a task."""
        head = self.heads[_key(task)]
        assert isinstance(head, Head)
        return head

    def forward(self, batch: EncodedBatch) -> dict[str, Tensor]:
        """Every task's output, [batch, outputs of the head], in the order of the configuration."""
        return self.outputs(self.representations(batch))

    def representations(self, batch: EncodedBatch) -> dict[str, Tensor]:
        """What the trunk hands each task, [batch, width]."""
        return dict(zip(self.graph.tasks, self.shared(self.embeddings(batch)), strict=True))

    def outputs(self, representations: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run the heads, each after those that it reads.

        The estimate that a reader gets is the read head's output, centred and scaled by the head itself. Across a
        stopped edge it is detached, so the reader's loss reaches neither the read head nor the trunk through it.
        """
        outputs: dict[str, Tensor] = {}
        for name in self.graph.order:
            inputs = [representations[name]]
            for edge in self.graph.tasks[name].reads:
                estimate = outputs[edge.task]
                inputs.append(estimate.detach() if edge.stop_gradient else estimate)
            outputs[name] = self.head(name)(torch.cat(inputs, dim=1))
        return {name: outputs[name] for name in self.graph.tasks}

    def subnets(self) -> dict[str, nn.Module]:
        """The named parts that each have an optimizer group of their own."""
        heads = {f"heads.{name}": self.head(name) for name in self.graph.tasks}
        return {"embeddings": self.embeddings, "shared": self.shared, **heads}


def _key(task: str) -> str:
    """The task's key in the module dictionary, which takes no name of its own methods: "forward" is a fine task."""
    return f"{task}_head"
