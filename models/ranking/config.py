"""The section [ranking]: what a row is worth."""

from collections.abc import Sequence
from difflib import get_close_matches

from pydantic import field_validator

from models.errors import ConfigError
from models.frozen import Frozen
from models.ranking.expression import fields_of
from models.ranking.parser import parse
from models.ranking.utility import INDEX, SCORE


class RankingConfig(Frozen):
    """What a row is worth: one number of all its predictions, by which the rows of a request are ranked."""

    utility: str
    """An expression over the fields of the answer, such as "click * (1 + 0.02 * dwell) + 30 * conversion"; its value is
    the field `score` of the answer (docs/ranking.md)."""

    @field_validator("utility")
    @classmethod
    def _is_an_expression(cls, utility: str) -> str:
        if next(fields_of(parse(utility)), None) is None:
            raise ConfigError(f"a utility is made of predictions; found none in `{utility}`: name at least one field")
        return utility


def check_ranking(ranking: RankingConfig | None, fields: Sequence[str]) -> None:
    """Refuse a utility that does not fit the fields of the answer.

    Raises:
        ConfigError: it names a field that there is none of, or a task takes a name that ranking needs.
    """
    if ranking is None:
        return
    for name in fields_of(parse(ranking.utility)):
        if name not in fields:
            close = get_close_matches(name, fields, n=1)
            meant = f"did you mean '{close[0]}'?" if close else f"the fields are {', '.join(fields)}"
            raise ConfigError(f"`utility` of [ranking] is over fields of the answer; found '{name}': {meant}")
    if taken := [name for name in fields if name in {SCORE, INDEX}]:
        raise ConfigError(
            f"with [ranking], `{SCORE}` and `{INDEX}` are fields of the answer; found a task that answers under "
            f"{taken[0]}: rename the task"
        )
