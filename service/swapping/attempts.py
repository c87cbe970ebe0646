"""When a version that could not be served is tried again."""

from dataclasses import dataclass

from models.errors import StoreError

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0


@dataclass(frozen=True)
class Failure:
    """Why the version that is wanted does not serve.

    Attributes:
        version: that is wanted.
        reason: the rule, what was found and the way out.
        may_pass: whether the same may work later: a store did not answer, a disk was full.
    """

    version: str
    reason: str
    may_pass: bool

    @classmethod
    def of(cls, version: str, error: Exception) -> "Failure":
        """The failure that an error is."""
        return cls(version, str(error) or type(error).__name__, isinstance(error, StoreError | OSError | MemoryError))


class Attempts:
    """Of one process. A bad version stays bad: it is tried again when somebody asks for it, or another is wanted.

    Attributes:
        failure: of the newest attempt; None where it succeeded, or there was none.
    """

    def __init__(self) -> None:
        self.failure: Failure | None = None
        self._in_a_row = 0
        self._next_at = 0.0

    def may_try(self, version: str, now: float) -> bool:
        """Whether to load this version now, by `time.monotonic`, where nobody asks for it."""
        failure = self.failure
        if failure is None or failure.version != version:
            return True
        return failure.may_pass and now >= self._next_at

    def failed(self, failure: Failure, now: float) -> None:
        """An attempt failed; the pause doubles with each in a row of the same version."""
        same = self.failure is not None and self.failure.version == failure.version
        self._in_a_row = self._in_a_row + 1 if same else 1
        self._next_at = now + min(FIRST_PAUSE_S * 2.0 ** (self._in_a_row - 1), LONGEST_PAUSE_S)
        self.failure = failure

    def succeeded(self) -> None:
        """What is wanted serves."""
        self.failure = None
