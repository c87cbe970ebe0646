"""The document that every error of the service carries, as RFC 9457 says: https://www.rfc-editor.org/rfc/rfc9457."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_PREFIX = "urn:problem-type:threefold:"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request was not answered.

    Attributes:
        type: the kind of problem, a URN; compare this or `kind`.
        title: the kind in words.
        status: of HTTP.
        detail: the rule, what was found and the way out.
        instance: the path that was asked for.
        request_id: the service's log has it too.
        row: the row meant, from 0 in the order sent; None where no single one is.
        field: the feature or the part of the body meant; None where none is.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    row: int | None = None
    field: str | None = None

    @property
    def kind(self) -> str:
        """The last part of the type, such as "wrong-value"."""
        return self.type.removeprefix(_PREFIX)

    @classmethod
    def of(cls, document: Mapping[str, object]) -> Self:
        """The problem of a document; a member that it lacks is empty."""
        status, row, field = document.get("status"), document.get("row"), document.get("field")
        texts = ("type", "title", "detail", "instance", "request_id")
        return cls(
            **{name: str(document.get(name, "")) for name in texts},
            status=status if isinstance(status, int) else 0,
            row=row if isinstance(row, int) else None,
            field=field if isinstance(field, str) else None,
        )
