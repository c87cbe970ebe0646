"""Who asks for a change, where nobody says so."""

import getpass
import os
import socket


def who_asks() -> str:
    """user@host; in a container that knows no users, the number of the user."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
