"""What each user clicked before a request."""

from dataclasses import dataclass

import numpy as np

from training.simulation.effects import Flags, Ints
from training.simulation.requests import Shown


@dataclass(frozen=True, slots=True)
class Ragged:
    """A list a row: row i holds values[offsets[i]:offsets[i + 1]]."""

    values: Ints
    offsets: Ints


class ClickHistory:
    """The last clicked items of every user, carried from chunk to chunk and from day to day.

    Each user has a window of at most `length` items, oldest first, and its size.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._window = np.zeros((0, length), dtype=np.int32)
        self._size = np.zeros(0, dtype=np.int64)

    @classmethod
    def of_clicks(cls, length: int, user: Ints, item: Ints) -> "ClickHistory":
        """The histories after these clicks, [clicks] in order of time: as if `before` had seen them come about."""
        history = cls(length)
        if len(user):
            history._grow(int(user.max()) + 1)
            users, at = np.unique(user, return_inverse=True)
            size = np.bincount(at)
            history._remember(users, item[np.argsort(at, kind="stable")], np.cumsum(size), size)
        return history

    def before(self, shown: Shown, clicked: Flags, num_users: int) -> Ragged:
        """Histories as they were before each request, [impressions] lists of items, and remember the clicks.

        A click counts for requests strictly later in time than its own. Chunks must come in order of time.
        """
        self._grow(num_users)
        users, at = np.unique(shown.user, return_inverse=True)
        click_row = np.flatnonzero(clicked)
        click_request = shown.request[click_row]
        order = np.argsort(at[click_request], kind="stable")
        clicker, click_request = at[click_request][order], click_request[order]
        carried = self._size[users]
        gained = np.bincount(clicker, minlength=len(users))
        start = np.cumsum(carried + gained) - (carried + gained)
        # One sequence a user: what was carried here, then the clicks of this chunk in order of time.
        sequence = np.empty(int((carried + gained).sum()), dtype=np.int64)
        kept = np.arange(self._length) < carried[:, None]
        sequence[spans(start, carried)] = self._window[users][kept]
        sequence[spans(start + carried, gained)] = shown.item[click_row][order]

        earlier = self._clicks_before(shown.time_ms, at, clicker, click_request)
        end = ((start + carried)[at] + earlier)[shown.request]
        size = np.minimum(carried[at] + earlier, self._length)[shown.request]
        values = sequence[spans(end - size, size)]
        self._remember(users, sequence, start + carried + gained, carried + gained)
        return Ragged(values, np.concatenate([[0], np.cumsum(size)]))

    @staticmethod
    def _clicks_before(time_ms: Ints, at: Ints, clicker: Ints, click_request: Ints) -> Ints:
        """Clicks of the request's user in this chunk strictly before the request, [requests]."""
        since = time_ms - (time_ms[0] if len(time_ms) else 0)
        span = int(since[-1]) + 1 if len(since) else 1
        key = clicker * span + since[click_request]
        first = np.searchsorted(key, at * span)
        return np.searchsorted(key, at * span + since) - first

    def _remember(self, users: Ints, sequence: Ints, end: Ints, size: Ints) -> None:
        size = np.minimum(size, self._length)
        window = np.zeros((len(users), self._length), dtype=np.int32)
        window[np.arange(self._length) < size[:, None]] = sequence[spans(end - size, size)]
        self._window[users] = window
        self._size[users] = size

    def _grow(self, num_users: int) -> None:
        new = num_users - len(self._size)
        self._window = np.concatenate([self._window, np.zeros((new, self._length), dtype=np.int32)])
        self._size = np.concatenate([self._size, np.zeros(new, dtype=np.int64)])


def spans(start: Ints, size: Ints) -> Ints:
    """The positions start, start + 1, ... of each span, one span after the other."""
    before = np.cumsum(size) - size
    return np.repeat(start - before, size) + np.arange(int(size.sum()))
