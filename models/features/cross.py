"""A cross: several categorical features looked up as one, so that a combination has an embedding of its own.

Cheng et al., "Wide & Deep Learning for Recommender Systems", DLRS 2016, https://arxiv.org/abs/1606.07792, section 3.1.
"""

from typing import Annotated

from pydantic import Field

from models.features.vocabulary import LearnedVocabularyConfig, VocabularyConfig
from models.frozen import Frozen
from models.names import ColumnName


class Cross(Frozen):
    """A categorical feature computed from others: no column of a log, and not in requests."""

    name: ColumnName
    """Names the table; no feature has the same name."""
    of: Annotated[tuple[ColumnName, ...], Field(min_length=2)]
    """Two or more categorical features. A row that lacks one of them has no combination either."""
    vocabulary: VocabularyConfig = LearnedVocabularyConfig()
    """From combinations to table rows; one that training did not see is unknown, like any new id."""
