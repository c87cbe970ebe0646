"""One large body is read in a turn of the event loop, however many of them arrive at once."""

import asyncio

LARGE_BYTES = 128 * 1024
"""Below it a body is read in about a millisecond."""


class LargeBodies:
    """Lets bodies be read one after another, with all else that the loop has to do between any two of them.

    To read JSON holds the interpreter's lock, in a thread as well, so that a thread would not shorten the wait of
    others; what bounds it is the size of one body (docs/decisions/0011-predictions-on-the-event-loop.md).
    """

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until it is this body's turn to be read."""
        async with self._one_at_a_time:
            await asyncio.sleep(0)
