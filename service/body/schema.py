"""The forms of a JSON body as types, made of the features of the loaded model."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal, cast

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from models.features import CategoricalFeature, Feature, MultiCategoricalFeature
from models.features.base import Scope
from service.body.options import LARGEST_TOP_K
from service.request import Layout

Id = str | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""Beyond 64 bits orjson, which the careful reader asks, reads a float."""


class Body(Struct):
    """A body by its parts, None where one is absent; that they fit together is for the reader to say.

    `body_of` narrows what the parts hold: contexts and rows a value or None by feature, an object of columns a list or
    UNSET.
    """

    context: Any = None
    candidates: Any = None
    instances: Any = None
    columns: Any = None
    layout: Layout = "rows"
    top_k: int | None = None


def named(features: Sequence[Feature], scope: Scope | None) -> list[Feature]:
    """What a row of the scope may hold, in the order of the schema; anything for None."""
    return [feature for feature in features if scope in {None, feature.scope}]


@lru_cache(maxsize=4)
def body_of(features: tuple[Feature, ...]) -> type[Body]:
    """The type of a body for a model with these features.

    It is made once for all versions that have them: a type is a cycle of references, which outlives its version where
    the collector is told to spare what is alive (`service.collector`).
    """
    shared, own, both = (named(features, scope) for scope in ("context", "candidate", None))
    fields: list[tuple[str, Any, Any]] = [
        ("context", _row("Context", shared), None),
        ("candidates", _list_of(_row("Candidate", own)) | _columns("CandidateColumns", own), None),
        ("instances", _list_of(_row("Instance", both)), None),
        ("columns", _columns("Columns", both), None),
        ("layout", Literal["rows", "columns"], "rows"),
        ("top_k", Annotated[int, Meta(ge=1, le=LARGEST_TOP_K)], None),
    ]
    narrowed = defstruct("BodyOfModel", fields, bases=(Body,), forbid_unknown_fields=True, gc=False)
    return cast(type[Body], narrowed)


def _row(name: str, features: Sequence[Feature]) -> type[Struct]:
    return _struct(name, [(feature.name, _value(feature) | None, None) for feature in features])


def _columns(name: str, features: Sequence[Feature]) -> type[Struct]:
    return _struct(name, [(feature.name, _list_of(_value(feature) | None) | UnsetType, UNSET) for feature in features])


def _struct(name: str, fields: Sequence[tuple[str, Any, Any]]) -> type[Struct]:
    """A struct with these keys; its attributes are numbered, as a key may be no name in Python."""
    attributes = [(f"at_{place}", kind, default) for place, (_, kind, default) in enumerate(fields)]
    keys = {f"at_{place}": key for place, (key, _, _) in enumerate(fields)}
    return defstruct(name, attributes, rename=keys, forbid_unknown_fields=True, gc=False)


def _list_of(kind: Any) -> Any:
    return list[kind]


def _value(feature: Feature) -> Any:
    if isinstance(feature, CategoricalFeature):
        return Id
    if isinstance(feature, MultiCategoricalFeature):
        return list[Id] if feature.separator is None else list[Id] | str
    return float
