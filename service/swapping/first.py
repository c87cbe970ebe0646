"""The version that a service begins with."""

import logging

from models.errors import ThreefoldError
from service.loaded import Loaded, load
from service.settings import Settings
from service.swapping.channel import Channel

_logger = logging.getLogger(__name__)


def first_loaded(settings: Settings) -> Loaded | None:
    """The checkpoint, or the version that the channel points at; None where nothing was promoted yet.

    Where that version cannot be loaded, the one before it serves: a process that is started anew must not be worse off
    than one that was there when the bad version came, and goes on with what it has.

    Raises:
        ThreefoldError, OSError: it cannot be loaded, nor can the one before it.
    """
    if settings.registry is None:
        assert settings.checkpoint is not None  # the settings see to it
        return load(settings.checkpoint)
    channel = Channel(settings.registry, settings.channel)
    wanted = channel.wanted()
    if wanted is None:
        return None
    try:
        return load(channel.place_of(wanted))
    except (ThreefoldError, OSError) as error:
        before = channel.before()
        if before is None:
            raise
        _logger.error("version=%s cannot be loaded, so that before=%s begins: %s", wanted, before, error)
        return load(channel.place_of(before))
