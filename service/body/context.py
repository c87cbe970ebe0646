"""The context of a request: the features that all its candidates share."""

from collections.abc import Sequence

from models.columns import Columns
from models.errors import ValueRefused
from models.features import Feature
from models.predictor import typed_column
from service.json_body import json_kind
from service.names import NameCheck, refuse_both
from service.refusal import WRONG_SHAPE, WRONG_VALUE, Refusal

Row = dict[str, object]


class ContextReader:
    """Checks contexts for a model with these features."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = {feature.name: feature for feature in features}
        self._names = NameCheck(features, "context")

    def checked(self, context: object, candidates: object) -> Row:
        """The context as an object of context features, none of which is given in a candidate too.

        Raises:
            Refusal: it is no such object.
        """
        if not isinstance(context, dict):
            raise Refusal(
                WRONG_SHAPE,
                f"`context` is the object of features that all candidates share; found {json_kind(context)}: "
                f"send {{}} where nothing is known of it",
                field="context",
            )
        refuse_both(context, candidates, self._features)
        self._names.check(context, None)
        return context

    def columns(self, context: Row) -> Columns:
        """Typed columns of one row.

        Raises:
            Refusal: naming the field.
        """
        columns = {}
        for name, value in context.items():
            try:
                columns[name] = typed_column(self._features[name], [value])
            except ValueRefused as error:
                raise Refusal(WRONG_VALUE, f"context, field '{name}': {error.rule}", field=name) from None
        return columns
