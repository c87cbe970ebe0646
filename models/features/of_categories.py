"""What features of categories have in common: a table, their own or a shared one, and how new ids are met."""

from typing import Self

from pydantic import Field, model_validator

from models.features.base import FeatureBase
from models.features.vocabulary import LearnedVocabularyConfig, VocabularyConfig
from models.names import ColumnName


class OfCategories(FeatureBase):
    """A feature whose values are categories, one or many a row."""

    vocabulary: VocabularyConfig | None = None
    """Own vocabulary, from categories to table rows; a learned one where it is left out and nothing is shared."""
    shares: ColumnName | None = None
    """Use the vocabulary and the table of this categorical feature (a history of video ids and the video id)."""
    id_dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of ids that training replaces by the unknown one, so that its row learns what a new id means."""

    @model_validator(mode="after")
    def _one_vocabulary(self) -> Self:
        if self.shares is not None and self.vocabulary is not None:
            raise ValueError(
                f"a feature has one vocabulary; '{self.name}' sets both `shares` and `vocabulary`: remove one of them"
            )
        return self

    @property
    def own_vocabulary(self) -> VocabularyConfig:
        """The vocabulary's settings where the feature shares none."""
        return self.vocabulary or LearnedVocabularyConfig()
