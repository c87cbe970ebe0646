"""The stages of a run, in their order."""

from enum import StrEnum


class Stage(StrEnum):
    """One step of a run; each may be interrupted and made again."""

    LOCK = "lock"
    FIND = "find"
    CHECK = "check"
    TRAIN = "train"
    EVALUATE = "evaluate"
    GATE = "gate"
    PUBLISH = "publish"
    PROMOTE = "promote"
    HOLD = "hold"
    PRUNE = "prune"
    REPORT = "report"
