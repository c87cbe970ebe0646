"""One type a column over all files of a log: days are written apart, and a column may be narrower or null in some."""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from models.errors import DataError


def joined_schema(schemas: Iterable[pa.Schema]) -> pa.Schema:
    """Every column in a type that holds what each file has; its first type where there is none (`refuse_conflict`)."""
    types: dict[str, pa.DataType] = {}
    for schema in schemas:
        for field in schema:
            known = types.setdefault(field.name, field.type)
            if known != field.type:
                types[field.name] = _joined(known, field.type) or known
    return pa.schema(list(types.items()))


def refuse_conflict(column: str, schemas: Mapping[str, pa.Schema], joined: pa.DataType) -> None:
    """Refuse a column that is, say, a number in one file and text in another.

    Raises:
        DataError: naming the column, two files and what they hold.
    """
    (first, schema), *others = schemas.items()
    for file, other in others:
        if _joined(joined, other.field(column).type) is None:
            raise DataError(
                f"a column has one type in all log files; column '{column}' is {schema.field(column).type} in {first} "
                f"and {other.field(column).type} in {file}: write one of them again"
            )


def _joined(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """A type that holds both; None where there is none."""
    if one == other:
        return one
    plain = [found.value_type if pa.types.is_dictionary(found) else found for found in (one, other)]
    try:
        both = [pa.schema([("column", found)]) for found in plain]
        return pa.unify_schemas(both, promote_options="permissive").field(0).type
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return None
