"""Growing vocabularies: a run that starts from the version before it, for ids that came since."""

from training.growth.config import GrowthConfig

__all__ = ["GrowthConfig"]
