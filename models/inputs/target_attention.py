"""Pools a list by what each element has to do with a target, such as the item that may be shown.

Zhou et al., "Deep Interest Network for Click-Through Rate Prediction", KDD 2018, https://arxiv.org/abs/1706.06978,
equation 3: the sum of the elements, each weighed by a perceptron over it, the target, their difference and their
product. The paper takes the scores as weights, without a softmax, so that the sum tells how strong an interest is.
"""

import torch
from torch import Tensor, nn

from models.features import AttentionConfig
from models.mlp import Activation


class TargetAttention(nn.Module):
    """Weighs the elements of a list and adds them up.

    The last layer begins at zero, so that it begins as plain pooling (mean, or sum where nothing is normalised) and
    departs from it by evidence.
    """

    def __init__(self, config: AttentionConfig, dim: int) -> None:
        super().__init__()
        self.normalise = config.normalise
        self.first = nn.Linear(4 * dim, config.width)
        self.activation = Activation(config.activation)
        self.last = nn.Linear(config.width, 1, bias=not config.normalise)  # a softmax would take no notice of it
        nn.init.zeros_(self.last.weight)
        if self.last.bias is not None:
            nn.init.ones_(self.last.bias)

    def forward(self, history: Tensor, held: Tensor, target: Tensor) -> Tensor:
        """The pooled list, [batch, dim]; zeros where nothing is held.

        Args:
            history: embeddings of the elements, [batch, length, dim].
            held: which of them are elements and which are padding, bool [batch, length].
            target: what is looked from, [batch, dim].
        """
        weights = self._weights(self._scores(history, target), held)
        return torch.bmm(weights.unsqueeze(1), history).squeeze(1)

    def _scores(self, history: Tensor, target: Tensor) -> Tensor:
        """The perceptron over [history, target, history - target, history x target], as [batch, length].

        Its first layer is linear in an element once the target is given. So each row has one matrix for all of its
        elements, and the four inputs are never put side by side.
        """
        dim = target.shape[1]
        of_history, of_target, of_difference, of_product = torch.split(self.first.weight, dim, dim=1)
        same_for_all = nn.functional.linear(target, of_target - of_difference, self.first.bias)
        for_element = (of_history + of_difference).t() + target.unsqueeze(2) * of_product.t()  # [batch, dim, width]
        hidden = torch.baddbmm(same_for_all.unsqueeze(1), history, for_element)
        scores: Tensor = self.last(self.activation(hidden.flatten(0, 1)))
        return scores.view(history.shape[:2])

    def _weights(self, scores: Tensor, held: Tensor) -> Tensor:
        """Of each element, [batch, length]; exactly 0 for padding."""
        if self.normalise:
            scores = scores.masked_fill(~held, torch.finfo(scores.dtype).min).softmax(dim=1)
        return scores.masked_fill(~held, 0.0)
