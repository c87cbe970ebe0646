"""A partition that a check held."""

from models.frozen import Frozen


class Refused(Frozen):
    """It is left out of later runs for as long as its files and the settings stay as they were."""

    value: str
    """Of the partition's column."""
    mark: str
    """Digest of its files and of the settings; see `partition_mark`."""
    run: str
    """That held it."""
    why: str
    """In one sentence."""

    @property
    def note(self) -> str:
        """For people."""
        return f"{self.value} is left out, since run {self.run} held it by {self.why}"
