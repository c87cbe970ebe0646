"""Several categorical columns as one: the joint category of each row."""

from collections.abc import Sequence

import numpy as np

from models.columns import Categories, Codes


def crossed(columns: Sequence[Categories]) -> Categories:
    """The joint category of each row; missing where any part is missing.

    The text is the parts' texts joined by `|`, with every `|` and backslash of a part behind a backslash: whatever the
    parts hold, two joint texts are equal only where all parts are. As in any `Categories`, values may repeat where a
    part's values do.

    Args:
        columns: one or more, of the same rows; a column of one row holds for all rows of the others.
    """
    first, *others = columns
    texts, codes = [_escaped(value) for value in first.values], first.codes
    for column in others:
        texts, codes = _joined(texts, codes, column)
    return Categories(texts, codes)


def _joined(texts: list[str], codes: Codes, column: Categories) -> tuple[list[str], Codes]:
    """Texts and codes with one more part; only pairs that occur get a code, so codes stay small whatever the parts."""
    radix = max(1, len(column.values))
    joint = np.where((codes < 0) | (column.codes < 0), -1, codes * radix + column.codes)
    distinct, inverse = np.unique(joint, return_inverse=True)
    num_missing = int(distinct.size > 0 and distinct[0] < 0)
    lefts, rights = np.divmod(distinct[num_missing:], radix)
    added = [_escaped(value) for value in column.values]
    pairs = zip(lefts.tolist(), rights.tolist(), strict=True)
    return [f"{texts[left]}|{added[right]}" for left, right in pairs], inverse - num_missing


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("|", "\\|")
