"""Stage `check`: whether the new partitions look like rows that one may train on."""

from datetime import UTC, datetime

import pyarrow.dataset as ds

from models.encoder import Encoder
from models.errors import DataError
from models.reference import Reference, read_reference
from training.config import Config
from training.data.partitions import PartitionsConfig
from training.data.reader import LogReader, open_log
from training.data.windows import Window
from training.profiling.profile import profile_of
from training.profiling.window_profile import WindowProfile
from training.retraining.champion import load_champion
from training.retraining.checks.check import check_data
from training.retraining.judgement import Checked
from training.retraining.order import Order
from training.retraining.plan import Plan
from training.retraining.scoring import judged_on


def check(order: Order, plan: Plan) -> Checked:
    """All observations of the partitions that no champion has seen; of a forced run there may be none.

    Raises:
        CheckpointError: the champion is not as it was written.
    """
    if not plan.new:
        return Checked(observations=())
    new, settings = _new(order, plan), order.settings.checks
    if plan.champion is None:
        profile, reference, champion = _profile(order, plan, new), None, None
    else:
        place, loaded = load_champion(order.registry, plan.champion)
        reference, encoder = read_reference(place), loaded[0].encoder
        profile, champion = _profile(order, plan, new, reference, encoder), None
        if profile.refused is None:
            window = Window("new", ds.scalar(True), "the new partitions", profile.rows)
            champion, _ = judged_on(window, open_log(new.data, new.model_part()), new, place, loaded)
    observations = check_data(profile, reference, settings, now=datetime.now(UTC), champion=champion)
    return Checked(observations=tuple(observations))


def _new(order: Order, plan: Plan) -> Config:
    """The configuration with the new partitions alone."""
    partitions = PartitionsConfig(column=plan.column, values=plan.new)
    return order.config.model_copy(update={"data": order.config.data.model_copy(update={"partitions": partitions})})


def _profile(
    order: Order, plan: Plan, new: Config, reference: Reference | None = None, encoder: Encoder | None = None
) -> WindowProfile:
    """Of the new rows; refused as well where they do not fit the older ones that they are trained with."""
    found = profile_of(new, reference=reference, encoder=encoder, max_rows=order.settings.checks.max_rows)
    whole, model = plan.config(order.config), new.model_part()
    try:
        LogReader(open_log(whole.data, model), model)
    except DataError as error:
        return found if found.refused else WindowProfile(refused=str(error))
    return found
