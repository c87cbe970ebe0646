"""What a graph reads of a batch."""

import numpy as np
import torch

from models.calibration import Identity
from models.calibration.by_field import ByField, OwnCalibration
from models.features.vocabulary import MISSING, UNKNOWN
from models.inference.inputs import GraphInputs
from models.inference.own import OwnCalibrations
from models.inference.parts import Parts
from models.predictor import Predictor
from tests.models import rich, tiny
from tests.models.inference.anything import built, encoded, request

PLAIN = [feature for feature in tiny.FEATURES if feature["kind"] == "categorical"]


def predictor_by(field: str) -> Predictor:
    model = rich.config(tasks=[{"name": "click", "label": "clicked", "kind": "binary"}])
    own = tuple(OwnCalibration(row=row, value="?", calibration=Identity()) for row in (6, 2, 4))
    return built(model, rich.encoder(model), {"click": ByField(field=field, overall=Identity(), own=own)})


def test_each_value_finds_its_own_calibration_and_all_others_the_first() -> None:
    predictor = predictor_by("item")
    first = predictor.encoder.first_row("item")
    batch = encoded(predictor, [{} for _ in range(6)])
    batch.ids[:, predictor.encoder.id_features.index("item")] = first + torch.tensor([MISSING, UNKNOWN, 2, 4, 6, 5])
    (own,) = OwnCalibrations(predictor).of_rows(batch)
    assert own.tolist() == [[0], [0], [2], [3], [1], [0]]


def test_a_context_value_calibrates_all_candidates() -> None:
    predictor = predictor_by("tab")
    split = request(predictor, 4)
    whole = Parts.of(predictor.encoder).joined(split)
    found = OwnCalibrations(predictor)
    (own,) = found.of_parts(split)
    assert own.shape == (4, 1)
    assert torch.equal(own, found.of_rows(whole)[0])
    assert own[0] > 0


def test_without_calibrations_by_a_field_a_graph_has_no_such_input() -> None:
    predictor = rich.predictor()
    split = request(predictor, 3)
    assert len(GraphInputs(predictor).parted(split)) == 2
    assert len(GraphInputs(predictor).whole(Parts.of(predictor.encoder).joined(split))) == 1


def test_the_table_may_be_read_only_and_is_not_copied() -> None:
    model = tiny.config(features=PLAIN)
    predictor = built(model, tiny.encoder(model), tiny.CALIBRATIONS)
    inputs = GraphInputs(predictor)
    batch = encoded(predictor, tiny.rows(5))
    before = inputs.whole(batch)[0]
    with torch.no_grad():
        predictor.network.embeddings.table.mul_(2.0)
    np.testing.assert_array_equal(inputs.whole(batch)[0], 2 * before)
    predictor.network.embeddings.table.detach().numpy().setflags(write=False)
    np.testing.assert_array_equal(GraphInputs(predictor).whole(batch)[0], 2 * before)
