"""Which columns of an encoded batch come from the context alone: they are the same for all candidates of a request."""

from dataclasses import dataclass

import torch

from models.batch import EncodedBatch, SplitBatch
from models.encoder import Encoder


@dataclass(frozen=True)
class Parts:
    """Positions of columns in `EncodedBatch`, each in the encoder's order.

    What is made of several features (a cross, a past rate) belongs to the context where all of them do.
    """

    context_ids: tuple[int, ...]
    candidate_ids: tuple[int, ...]
    context_bags: tuple[str, ...]
    candidate_bags: tuple[str, ...]
    context_numerics: tuple[int, ...]
    candidate_numerics: tuple[int, ...]

    @classmethod
    def of(cls, encoder: Encoder) -> "Parts":
        """The parts of what this encoder makes."""
        from_context = {f.name: f.scope == "context" for f in encoder.features}
        from_context |= {cross.name: all(from_context[name] for name in cross.of) for cross in encoder.crosses}
        ids = [from_context[name] for name in encoder.id_features]
        lengths = [from_context[bag.name] for bag in encoder.bag_features if bag.with_length]
        numbers = [from_context[feature.name] for feature in encoder.number_features for _ in range(2)]
        pasts = [
            all(from_context[name] for name in of)
            for of, columns in encoder.past_columns
            for _ in range(columns.stop - columns.start)
        ]
        bags = [bag.name for bag in encoder.bag_features]
        return cls(
            *_parted([*ids, *lengths]),
            tuple(name for name in bags if from_context[name]),
            tuple(name for name in bags if not from_context[name]),
            *_parted([*numbers, *pasts]),
        )

    def split(self, batch: EncodedBatch) -> SplitBatch:
        """The parts of rows that share their context, which is taken from the first of them."""
        first = batch.rows(torch.zeros(1, dtype=torch.long))
        return SplitBatch(
            EncodedBatch(
                first.ids[:, self.context_ids],
                {name: first.bags[name] for name in self.context_bags},
                first.numerics[:, self.context_numerics],
            ),
            EncodedBatch(
                batch.ids[:, self.candidate_ids],
                {name: batch.bags[name] for name in self.candidate_bags},
                batch.numerics[:, self.candidate_numerics],
            ),
        )

    def joined(self, batch: SplitBatch) -> EncodedBatch:
        """Whole rows, the context repeated."""
        num_rows = len(batch)
        context, candidates = batch.context, batch.candidates
        bags = {name: bag.expand(num_rows, -1) for name, bag in context.bags.items()}
        return EncodedBatch(
            _merged(context.ids, candidates.ids, self.context_ids, self.candidate_ids),
            bags | candidates.bags,
            _merged(context.numerics, candidates.numerics, self.context_numerics, self.candidate_numerics),
        )


def _parted(from_context: list[bool]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    positions = range(len(from_context))
    return (
        tuple(position for position in positions if from_context[position]),
        tuple(position for position in positions if not from_context[position]),
    )


def _merged(
    context: torch.Tensor, candidates: torch.Tensor, of_context: tuple[int, ...], of_candidates: tuple[int, ...]
) -> torch.Tensor:
    merged = candidates.new_empty((len(candidates), len(of_context) + len(of_candidates)))
    merged[:, of_context] = context
    merged[:, of_candidates] = candidates
    return merged
