"""The subnet `inputs`: dense weights between encoded values and the trunk."""

from torch import Tensor, nn

from models.encoder import Encoder
from models.features import AttentionConfig
from models.inputs.piecewise_linear import NumericActivation, PiecewiseLinear
from models.inputs.target_attention import TargetAttention


class Inputs(nn.Module):
    """Attention over lists and embeddings of numbers; without parameters where no feature asks for either.

    Args:
        encoder: says where targets and numbers lie in a batch.
        dim: width of an embedding.
        activation: what follows the linear layers of numbers.

    Attributes:
        targets: by list, the column of `EncodedBatch.ids` that its attention looks from.
    """

    def __init__(self, encoder: Encoder, dim: int, activation: NumericActivation) -> None:
        super().__init__()
        attending = [feature for feature in encoder.bag_features if feature.pooling == "attention"]
        self._attentions = {feature.name: n for n, feature in enumerate(attending)}
        self.targets = {f.name: encoder.id_features.index(f.looks_from) for f in attending if f.looks_from}
        self.attentions = nn.ModuleList(TargetAttention(f.attention or AttentionConfig(), dim) for f in attending)
        linear = {2 * n: f.name for n, f in enumerate(encoder.number_features) if f.encoding == "piecewise_linear"}
        self.values = list(linear)
        self.flags = [value + 1 for value in self.values]
        self.as_they_are = sorted({*range(encoder.numeric_width)} - {*self.values, *self.flags})
        pieces = [encoder.fitted.numerics[name].num_pieces for name in linear.values()]
        self.piecewise = PiecewiseLinear(pieces, dim, activation) if pieces else None
        self.numbers_width = len(self.values) * dim + len(self.as_they_are)

    def attended(self, name: str, history: Tensor, held: Tensor, target: Tensor) -> Tensor:
        """A list pooled by attention, [batch, dim].

        Args:
            name: of the list feature.
            history: embeddings of its elements, [batch, length, dim].
            held: which of them are no padding, bool [batch, length].
            target: embedding of the id that the list looks from, [batch, dim].
        """
        pooled: Tensor = self.attentions[self._attentions[name]](history, held, target)
        return pooled

    def numbers(self, numerics: Tensor) -> list[Tensor]:
        """What the network gets of `EncodedBatch.numerics`: together [batch, numbers_width]."""
        if self.piecewise is None:
            return [numerics]
        embedded = self.piecewise(numerics[:, self.values], numerics[:, self.flags])
        return [embedded, numerics[:, self.as_they_are]]
