"""What keeps the units of a hidden layer in one range, whatever the layers below them do.

- `batch`: Ioffe, Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
  Shift", ICML 2015, https://arxiv.org/abs/1502.03167, algorithms 1 and 2.
- `layer`: Ba, Kiros, Hinton, "Layer Normalization", 2016, https://arxiv.org/abs/1607.06450, equation 4.
"""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

NormalisationName = Literal["none", "batch", "layer"]


class BatchNormalisation(nn.BatchNorm1d):
    """Over the rows of a batch in training, by the running mean and variance when it predicts.

    One row has no variance, and an epoch may end with a batch of one: such a batch is taken by the running values and
    leaves them as they are. They are buffers: stored in the checkpoint, and moved by no optimizer.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalised units, [batch, width]."""
        if not self.training or len(x) > 1:
            return super().forward(x)
        return functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)


def normalisation(name: NormalisationName, width: int) -> list[nn.Module]:
    """The layer of that name for units of this width, or none."""
    match name:
        case "none":
            return []
        case "batch":
            return [BatchNormalisation(width)]
        case "layer":
            return [nn.LayerNorm(width)]
