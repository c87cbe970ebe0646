"""What a model's training window looked like, so that later rows and predictions can be compared with it."""

from models.reference.bins import bin_counts
from models.reference.files import REFERENCE, read_reference, write_reference
from models.reference.psi import psi
from models.reference.reference import (
    CategoricalReference,
    FeatureReference,
    NumericReference,
    PredictionReference,
    Reference,
    TaskReference,
)

__all__ = [
    "REFERENCE",
    "CategoricalReference",
    "FeatureReference",
    "NumericReference",
    "PredictionReference",
    "Reference",
    "TaskReference",
    "bin_counts",
    "psi",
    "read_reference",
    "write_reference",
]
