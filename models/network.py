"""The network: embeddings, a shared trunk, and a head a task that may read other heads."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.batch import EncodedBatch
from models.config import ModelConfig
from models.embedding import Embedding, EmbeddingConfig
from models.encoder import Encoder
from models.heads import Edge, Head, LabelStatistics, Task
from models.members import mean_of_members

Handing = Callable[[str, Edge, Tensor], Tensor]
"""Changes what crosses an edge: (reader, edge, estimate [batch, width]) to what the reader gets, of the same shape."""


class Forward(NamedTuple):
    """A forward pass, and the place at which the tasks part.

    Attributes:
        outputs: by task, [batch, outputs of the head], in the order of the configuration; in training, where the trunk
            is an ensemble, [batch x members, outputs of the head].
        common: what the trunk computes for all tasks, [batch, ...]; gradients of tasks are compared here.
    """

    outputs: dict[str, Tensor]
    common: Tensor


class Network(nn.Module):
    """From an encoded batch to every head's output.

    Args:
        config: what to build.
        encoder: gives the size of the packed table and the width of the input.
        statistics: of each task's label, from the training window.
        embedding: makes the first layer; another one may hold its table elsewhere.
    """

    def __init__(
        self,
        config: ModelConfig,
        encoder: Encoder,
        statistics: Mapping[str, LabelStatistics],
        embedding: Callable[[EmbeddingConfig, Encoder], Embedding] = Embedding,
    ) -> None:
        super().__init__()
        self.graph = config.task_graph
        self.embeddings = embedding(config.embedding, encoder)
        self.shared = config.trunk.build(self.embeddings.output_width, len(config.tasks))
        built: dict[str, Head] = {}
        for name in self.graph.order:
            task = self.graph.tasks[name]
            read = sum(_width(built[edge.task], edge) for edge in task.reads)
            built[name] = _head(task, self.shared.output_width + read, statistics[name])
        self.heads = nn.ModuleDict({_key(name): built[name] for name in self.graph.tasks})

    @property
    def num_members(self) -> int:
        """Members of the trunk, each with outputs of its own in training; 1 where it is no ensemble."""
        return self.shared.num_members

    def head(self, task: str) -> Head:
        """The head of a task."""
        head: Head = self.heads[_key(task)]  # type: ignore[assignment]
        return head

    def forward(self, batch: EncodedBatch) -> dict[str, Tensor]:
        """Every task's output, [batch, outputs of the head], in the order of the configuration.

        In training those of an ensemble are its members', [batch x members, outputs of the head].
        """
        return self.forward_in_parts(batch).outputs

    def forward_in_parts(self, batch: EncodedBatch, handing: Handing | None = None) -> Forward:
        """Every task's output, and what the trunk computed for all tasks.

        Args:
            batch: encoded rows.
            handing: changes what crosses an edge; an estimate crosses as it is where none is given.
        """
        return self.after_embeddings(self.embeddings(batch), handing)

    def after_embeddings(self, x: Tensor, handing: Handing | None = None) -> Forward:
        """Trunk and heads on looked-up features, [batch, embeddings.output_width].

        All shapes are known beforehand, so `torch.compile` makes one graph of it; how many distinct rows of the table
        a batch needs is not.
        """
        common = self.shared.common(x)
        outputs = self.after_trunk(self.shared.split(common, x), handing)
        if not self.training:
            outputs = {name: mean_of_members(output, self.num_members) for name, output in outputs.items()}
        return Forward(outputs, common)

    def after_trunk(self, representations: Sequence[Tensor], handing: Handing | None = None) -> dict[str, Tensor]:
        """Run the heads, each after those that it reads; representations are [batch, width], one a task.

        Heads know nothing of members: in an ensemble all rows are [batch x members], and a member reads its own
        estimates.

        Across a stopped edge the estimate is detached, so the reader's loss reaches neither the read head nor the
        trunk through it, whatever the read head hands on.
        """
        represented = dict(zip(self.graph.tasks, representations, strict=True))
        hidden: dict[str, Tensor] = {}
        outputs: dict[str, Tensor] = {}
        for name in self.graph.order:
            inputs = [represented[name]]
            for edge in self.graph.tasks[name].reads:
                estimate = self._handed_on(edge, hidden[edge.task], outputs[edge.task])
                inputs.append(estimate if handing is None else handing(name, edge, estimate))
            head = self.head(name)
            hidden[name] = head.tower(torch.cat(inputs, dim=1))
            outputs[name] = head.output(hidden[name])
        return {name: outputs[name] for name in self.graph.tasks}

    def _handed_on(self, edge: Edge, hidden: Tensor, output: Tensor) -> Tensor:
        """What a head hands on to a reader, [batch, width]."""
        if edge.stop_gradient:
            hidden, output = hidden.detach(), output.detach()
        if edge.hands_on == "representation":
            return hidden
        return output if edge.hands_on == "output" else self.head(edge.task).estimate(output)

    def subnets(self) -> dict[str, nn.Module]:
        """The named parts that each have an optimizer group of their own."""
        heads = {f"heads.{name}": self.head(name) for name in self.graph.tasks}
        return {**self.embeddings.subnets(), "shared": self.shared, **heads}


def _head(task: Task, input_width: int, statistics: LabelStatistics) -> Head:
    assert task.kind == statistics.kind, f"task {task.name} has statistics of a {statistics.kind} label"
    head: Head = task.build(input_width, statistics)  # type: ignore[arg-type]
    return head


def _width(head: Head, edge: Edge) -> int:
    """Width of what a head hands on."""
    if edge.hands_on == "representation":
        return head.tower.output_width
    return head.num_outputs if edge.hands_on == "output" else 1


def _key(task: str) -> str:
    """The task's key in the module dictionary, which takes no name of its own methods: "forward" is a fine task."""
    return f"{task}_head"
