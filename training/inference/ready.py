"""What a checkpoint holds for a fast service beside the network: graphs, and verdicts on their precision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.inference.graph_files import write_graphs
from models.verdicts import ReducedPrecision, Verdict


@dataclass(frozen=True)
class ReadyToServe:
    """Graphs by file name, and what the check found of each reduced precision."""

    graphs: Mapping[str, bytes] = field(default_factory=dict)
    precisions: Mapping[ReducedPrecision, Verdict] = field(default_factory=dict)

    def save(self, version: Path) -> None:
        """Write the graphs below the folder."""
        if self.graphs:
            write_graphs(version, self.graphs)


NOT_READY = ReadyToServe()
"""Of a model that is served by PyTorch, in float32."""
