"""Dot products of all pairs of embeddings, where those of the context are the same for all candidates."""

from collections.abc import Sequence

import torch
from torch import Tensor

from models.inputs import DotProducts


class ProductsInParts:
    """Products within the context, and products of which a candidate's embedding is a factor.

    Args:
        products: of the network; their normalisation is one factor and one shift a pair.
        of_context: of each embedding of a row, in their order, whether it comes from the context.

    Attributes:
        context: pairs within the context, as positions among all pairs.
        candidates: all others.
    """

    def __init__(self, products: DotProducts, of_context: Sequence[bool]) -> None:
        pairs = torch.triu_indices(len(of_context), len(of_context), offset=1).T.tolist()
        within = [of_context[first] and of_context[second] for first, second in pairs]
        self.context = [n for n, is_within in enumerate(within) if is_within]
        self.candidates = [n for n, is_within in enumerate(within) if not is_within]
        contexts = [n for n, held in enumerate(of_context) if held]
        candidates = [n for n, held in enumerate(of_context) if not held]
        in_context = {n: place for place, n in enumerate(contexts)}
        in_both = {n: place for place, n in enumerate([*candidates, *contexts])}
        self._of_context = torch.tensor(
            [in_context[pairs[n][0]] * len(contexts) + in_context[pairs[n][1]] for n in self.context], dtype=torch.long
        )
        places = [sorted((in_both[pairs[n][0]], in_both[pairs[n][1]])) for n in self.candidates]
        self._of_candidates = torch.tensor([row * len(of_context) + column for row, column in places], dtype=torch.long)
        norm = products.normalisation
        assert norm.running_mean is not None
        assert norm.running_var is not None
        factor = norm.weight.detach() * (norm.running_var + norm.eps).rsqrt()
        shift = norm.bias.detach() - norm.running_mean * factor
        self._of_context_norm = (factor[self.context], shift[self.context])
        self._of_candidates_norm = (factor[self.candidates], shift[self.candidates])

    def __call__(self, context: Tensor, candidates: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised products, [1, pairs within the context] and [rows, all other pairs].

        Args:
            context: embeddings of the context, [1, embeddings, dim].
            candidates: embeddings of each candidate, [rows, embeddings, dim].
        """
        within = torch.bmm(context, context.transpose(1, 2)).flatten(1)
        among = torch.bmm(candidates, candidates.transpose(1, 2))
        across = candidates @ context[0].t()
        beyond = torch.cat([among, across], dim=2).flatten(1)
        return (
            _normalised(within.index_select(1, self._of_context), *self._of_context_norm),
            _normalised(beyond.index_select(1, self._of_candidates), *self._of_candidates_norm),
        )


def _normalised(products: Tensor, factor: Tensor, shift: Tensor) -> Tensor:
    return torch.addcmul(shift, products, factor)
