"""What is wrong with an entry; never seen by a user, for it is thrown away and made anew."""


class DamagedEntry(Exception):  # noqa: N818 - reads as what happened
    """An entry of the cache is torn, altered or incomplete."""
