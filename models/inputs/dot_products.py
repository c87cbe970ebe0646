"""Dot products of all pairs of embeddings, as inputs of the trunk.

Naumov et al., "Deep Learning Recommendation Model for Personalization and Recommendation Systems", 2019,
https://arxiv.org/abs/1906.00091, section 2.1, after the factorization machines of Rendle, ICDM 2010
(https://doi.org/10.1109/ICDM.2010.127). How well a user's taste and an item fit is such a product; a perceptron over
both embeddings side by side needs far more rows to find it (benchmarks/simulated_quality.py).
"""

import torch
from torch import Tensor, nn

from models.normalisation import BatchNormalisation


class DotProducts(nn.Module):
    """From [batch, embeddings x dim] to one input a pair, normalised over the batch.

    Embeddings start small, so their products start tiny, and they grow by orders of magnitude while the embeddings are
    learned: without normalisation the first steps see nothing of them and the last ones nothing else.

    Args:
        num_embeddings: of a row; their pairs are told once each, and none with itself.
    """

    pairs: Tensor

    def __init__(self, num_embeddings: int) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        first, second = torch.triu_indices(num_embeddings, num_embeddings, offset=1)
        self.register_buffer("pairs", first * num_embeddings + second, persistent=False)
        self.output_width = len(first)
        self.normalisation = BatchNormalisation(self.output_width)

    def forward(self, looked_up: Tensor) -> Tensor:
        """Normalised products, [batch, pairs]."""
        embeddings = looked_up.view(len(looked_up), self.num_embeddings, -1)
        products = torch.bmm(embeddings, embeddings.transpose(1, 2)).flatten(1)
        normalised: Tensor = self.normalisation(products.index_select(1, self.pairs))
        return normalised
