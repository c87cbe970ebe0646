"""What a run is about to do: decided once, kept in its folder, and the same for whoever goes on with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from models.frozen import Frozen
from training.config import Config
from training.data.config import SplitConfig
from training.data.partitions import PartitionsConfig
from training.retraining.refused import Refused

Start = Literal["scratch", "champion"]


class Plan(Frozen):
    """A run, named by the newest partition and by a digest of settings, files and champion."""

    run: str
    column: str
    """Of the partitions."""
    train: tuple[str, ...]
    """Partitions that are trained on; of a champion that is trained on, those that it has not trained on."""
    validation: tuple[str, ...]
    test: tuple[str, ...]
    """The newest ones: candidate and champion are judged by them, and neither was trained or calibrated on them."""
    new: tuple[str, ...]
    """Those that the champion has not seen; they are checked."""
    marks: Mapping[str, str] = Field(default_factory=dict)
    """Of the new ones, by which they are known again (`partition_mark`)."""
    refused: tuple[Refused, ...] = ()
    """Those that an earlier run held; they are in no window of this one."""
    champion: str | None
    start: Start
    notes: tuple[str, ...] = ()
    began_at: datetime

    def config(self, given: Config) -> Config:
        """The configuration of the training: the given one, with these partitions and no others."""
        values = (*self.train, *self.validation, *self.test)
        split = SplitConfig(
            column=self.column, train_from=values[0], validation_from=self.validation[0], test_from=self.test[0]
        )
        data = given.data.model_copy(
            update={"split": split, "partitions": PartitionsConfig(column=self.column, values=values)}
        )
        return given.model_copy(update={"data": data})
