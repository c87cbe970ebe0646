"""A straightforward loop: an `nn.Embedding` for each feature, Adam with its defaults, batches sliced in memory."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.train_speed.setting import BATCH, DIM, NUM_EXPERTS, SIZES, TASKS, TOWER
from benchmarks.train_speed.stopwatch import given, timed

EVALUATED_TOGETHER = 8_192


class Network(nn.Module):
    """MMoE: experts, and for each task a linear gate and a tower."""

    def __init__(self, expert: tuple[int, ...]) -> None:
        super().__init__()
        width = len(SIZES) * DIM
        self.embeddings = nn.ModuleList(nn.Embedding(size, DIM) for size in SIZES.values())
        for embedding in self.embeddings:
            nn.init.normal_(embedding.weight, std=0.05)
        self.experts = nn.ModuleList(_layers(width, expert) for _ in range(NUM_EXPERTS))
        self.gates = nn.ModuleList(nn.Linear(width, NUM_EXPERTS, bias=False) for _ in TASKS)
        self.towers = nn.ModuleList(nn.Sequential(_layers(expert[-1], (TOWER,)), nn.Linear(TOWER, 1)) for _ in TASKS)

    def forward(self, ids: Tensor) -> list[Tensor]:
        """A logit a task, [batch]."""
        x = torch.cat([embedding(ids[:, n]) for n, embedding in enumerate(self.embeddings)], dim=1)
        experts = torch.stack([expert(x) for expert in self.experts], dim=1)
        mixed = [(torch.softmax(gate(x), dim=1).unsqueeze(2) * experts).sum(dim=1) for gate in self.gates]
        return [tower(each)[:, 0] for tower, each in zip(self.towers, mixed, strict=True)]


def _layers(width: int, widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip((width, *widths), widths, strict=False):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers)


def _losses(logits: list[Tensor], labels: Tensor, reduction: str = "mean") -> list[Tensor]:
    return [
        functional.binary_cross_entropy_with_logits(logit, labels[:, n], reduction=reduction)
        for n, logit in enumerate(logits)
    ]


@torch.inference_mode()
def _log_losses(network: Network, ids: Tensor, labels: Tensor) -> dict[str, float]:
    totals = [0.0] * len(TASKS)
    for part, label in zip(ids.split(EVALUATED_TOGETHER), labels.split(EVALUATED_TOGETHER), strict=True):
        for n, loss in enumerate(_losses(network(part), label, "sum")):
            totals[n] += float(loss)
    return {task: total / len(ids) for task, total in zip(TASKS, totals, strict=True)}


def main() -> None:
    told = given()
    torch.manual_seed(told.seed)
    ids, labels = (torch.from_numpy(each) for each in told.window(0))
    network = Network(told.experts)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    with timed(told.watch):
        for rows in torch.randperm(len(ids)).split(BATCH):
            optimizer.zero_grad()
            torch.stack(_losses(network(ids[rows]), labels[rows])).sum().backward()
            optimizer.step()
    test = [torch.from_numpy(each) for each in told.window(2)]
    told.reply(["torch"], log_loss=_log_losses(network, *test))


if __name__ == "__main__":
    main()
