"""What all features have."""

from typing import Literal

from models.frozen import Frozen
from models.names import ColumnName

Scope = Literal["context", "candidate"]


class FeatureBase(Frozen):
    """A named input column."""

    name: ColumnName
    """The column of the log, and the name in requests."""
    scope: Scope
    """`context`: of the request, the same for all its candidates; `candidate`: of one item that may be shown."""
