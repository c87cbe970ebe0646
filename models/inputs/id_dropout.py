"""Replaces ids by the unknown one while training, so that its row learns what a new id means.

Volkovs, Yu, Poutanen, "DropoutNet: Addressing Cold Start in Recommender Systems", NIPS 2017,
https://papers.nips.cc/paper/7081: a model that meets rows without an id while it trains learns to do without it. Here
the id gives way to the one row that stands for all new ids when the model serves.
"""

import torch
from torch import Tensor, nn

from models.batch import EncodedBatch
from models.encoder import Encoder
from models.features.vocabulary import MISSING, UNKNOWN


class IdDropout(nn.Module):
    """Replaces ids feature by feature, element by element in lists; a missing id stays missing.

    A cross is unknown where one of its parts is, as it will be when a new id comes, and what is known of the past of an
    id goes with it.
    """

    chances: Tensor
    first_rows: Tensor

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        chances = {f.name: f.id_dropout for f in encoder.features if f.kind != "numeric" and f.id_dropout > 0}
        names = encoder.id_features
        self.columns = [n for n, name in enumerate(names) if name in chances]
        self.lists = {f.name: f.id_dropout for f in encoder.bag_features if f.name in chances}
        self.unknown_in_lists = {name: encoder.first_row(name) + UNKNOWN for name in self.lists}
        place = {names[column]: n for n, column in enumerate(self.columns)}
        parts = {cross.name: [place[part] for part in cross.of if part in place] for cross in encoder.crosses}
        self.crosses = [(names.index(name), encoder.first_row(name), found) for name, found in parts.items() if found]
        of_pasts = [[place[part] for part in of if part in place] for of, _ in encoder.past_columns]
        self.pasts = [(where, found) for (_, where), found in zip(encoder.past_columns, of_pasts, strict=True) if found]
        self._register("chances", [chances[name] for name in place], torch.float32)
        self._register("first_rows", [encoder.first_row(name) for name in place], torch.int64)

    def _register(self, name: str, values: list[float], dtype: torch.dtype) -> None:
        self.register_buffer(name, torch.tensor(values, dtype=dtype), persistent=False)

    def forward(self, batch: EncodedBatch) -> EncodedBatch:
        """The batch with unknown ids in place of some; the very same one where no feature asks for it."""
        if not self.columns and not self.lists:
            return batch
        ids, numerics = self._replaced(batch) if self.columns else (batch.ids, batch.numerics)
        bags = {name: self._replaced_in_list(name, bag) for name, bag in batch.bags.items()}
        return EncodedBatch(ids, bags, numerics)

    def _replaced(self, batch: EncodedBatch) -> tuple[Tensor, Tensor]:
        """Ids and numbers, with an id that nobody has seen in place of some."""
        ids = batch.ids.clone()
        held = ids[:, self.columns]
        is_replaced = (torch.rand(held.shape, device=held.device) < self.chances) & (held != self.first_rows + MISSING)
        ids[:, self.columns] = torch.where(is_replaced, self.first_rows + UNKNOWN, held)
        for column, first_row, parts in self.crosses:
            is_new = is_replaced[:, parts].any(dim=1) & (ids[:, column] != first_row + MISSING)
            ids[:, column] = torch.where(is_new, first_row + UNKNOWN, ids[:, column])
        return ids, self._without_past(batch.numerics, is_replaced)

    def _without_past(self, numerics: Tensor, is_replaced: Tensor) -> Tensor:
        numerics = numerics.clone() if self.pasts else numerics
        for where, parts in self.pasts:
            numerics[:, where] *= ~is_replaced[:, parts].any(dim=1, keepdim=True)
        return numerics

    def _replaced_in_list(self, name: str, bag: Tensor) -> Tensor:
        if name not in self.lists:
            return bag
        is_replaced = (torch.rand(bag.shape, device=bag.device) < self.lists[name]) & (
            bag >= self.unknown_in_lists[name]
        )
        return torch.where(is_replaced, self.unknown_in_lists[name], bag)
