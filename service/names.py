"""Which feature names may stand where in a body, and what to say of one that may not."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from models.features import Feature
from models.features.base import Scope
from service.refusal import MISPLACED_FEATURE, UNKNOWN_FEATURE, Refusal

_LONGEST_SHOWN = 64


class NameCheck:
    """The names allowed in one place.

    Args:
        features: of the model.
        scope: that the place holds; None where any feature is fine.
    """

    def __init__(self, features: Sequence[Feature], scope: Scope | None) -> None:
        self._scopes: dict[str, Scope] = {feature.name: feature.scope for feature in features}
        self._allowed = {name for name, held in self._scopes.items() if scope in {None, held}}

    def check(self, row: Mapping[str, object], position: int | None) -> None:
        """Refuse the first name, in the order sent, that may not stand here.

        Args:
            row: features by name.
            position: of the row; None where there is none (a context, an object of columns).

        Raises:
            Refusal: the name is unknown, or of the other scope.
        """
        if row.keys() <= self._allowed:
            return
        name = next(name for name in row if name not in self._allowed)
        where = "" if position is None else f"row {position}, "
        if name not in self._scopes:
            raise Refusal(
                UNKNOWN_FEATURE,
                f"{where}field '{shown(name)}': is no feature of this model{_meant(name, self._scopes)}",
                row=position,
                field=shown(name),
            )
        raise Refusal(
            MISPLACED_FEATURE, f"{where}field '{name}': {_RIGHT_PLACE[self._scopes[name]]}", row=position, field=name
        )


def refuse_both(context: Mapping[str, object], candidates: object, features: Mapping[str, Feature]) -> None:
    """Refuse a feature that is given in the context and in a candidate, which could contradict each other.

    Args:
        context: as sent.
        candidates: as sent: rows, columns, or anything wrong, which is refused elsewhere.
        features: of the model, by name.

    Raises:
        Refusal: naming the first such row and feature.
    """
    rows = list(enumerate(candidates)) if isinstance(candidates, list) else [(None, candidates)]
    for position, row in rows:
        if not isinstance(row, dict):
            continue
        for name in row:
            if name in context and name in features:
                where = "" if position is None else f"row {position}, "
                place = "in `context`" if features[name].scope == "context" else "in `candidates`"
                raise Refusal(
                    MISPLACED_FEATURE,
                    f"{where}field '{name}': is given both in `context` and in a candidate; it is a "
                    f"{features[name].scope} feature: send it {place} alone",
                    row=position,
                    field=name,
                )


_RIGHT_PLACE: dict[Scope, str] = {
    "context": "is a context feature, the same for all candidates: send it once, in `context`",
    "candidate": "is a candidate feature: send it in each of `candidates`, not in `context`",
}


def shown(name: str) -> str:
    """The name, cut where a client sent something endless."""
    return name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}..."


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name[:_LONGEST_SHOWN], list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else "; GET /model lists all of them"
