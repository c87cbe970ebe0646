"""A reference lies in a checkpoint as JSON, and old checkpoints have none."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.errors import CheckpointError
from models.reference import (
    REFERENCE,
    CategoricalReference,
    NumericReference,
    PredictionReference,
    Reference,
    TaskReference,
    read_reference,
    write_reference,
)

USUAL = {"rows": 10, "missing": 0.1, "usual_missing": 0.2, "usual_psi": 0.01, "usual_information": {"click": 0.02}}
HELD = Reference(
    rows=10,
    newest=datetime(2026, 1, 13, tzinfo=UTC),
    rows_by_partition={"2026-01-12": 4, "2026-01-13": 6},
    fingerprints={"2026-01-13": (5, 2**53 - 1)},
    features={
        "price": NumericReference.model_validate({"edges": (1.0, 2.5), "shares": (0.5, 0.25, 0.25), **USUAL}),
        "device": CategoricalReference.model_validate(
            {"top": ("phone", "übergroß"), "shares": (0.5, 0.25, 0.25), "usual_unknown": 0.0, **USUAL}
        ),
    },
    tasks={"click": TaskReference(observed=1, mean=0.1, mean_by_partition={"2026-01-13": 0.1}, loss=None)},
    predictions={"click": PredictionReference(rows=6, edges=(0.1,), shares=(0.5, 0.5), mean=0.1)},
)


def test_it_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    write_reference(tmp_path, HELD)
    found = read_reference(tmp_path)
    assert found == HELD
    assert isinstance(found.features["device"], CategoricalReference)
    assert found.features["device"].other == 0.25


def test_a_version_from_before_there_were_any_has_none(tmp_path: Path) -> None:
    assert read_reference(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{}", '{"rows": 1, "surprise": 2}'])
def test_a_file_that_describes_none_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / REFERENCE).write_text(text)
    with pytest.raises(CheckpointError, match="describe a training window"):
        read_reference(tmp_path)
