"""What is said of bytes that are no Arrow stream."""

from service.refusal import BROKEN_BODY, Refusal


class BrokenStream(Refusal):
    """The bytes contradict the format, or each other.

    Args:
        found: what was found, in words.
    """

    def __init__(self, found: str) -> None:
        super().__init__(
            BROKEN_BODY, f"the body is an Arrow IPC stream; found {found}: write it with a library of Arrow, to its end"
        )
