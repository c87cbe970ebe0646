"""Who may ask for a swap: bearers of a key of which the service knows the SHA-256 alone.

A key is 256 random bits, so that a fast digest is enough: there is nothing to guess that a slow one would protect.
"""

import re
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe

from models.errors import ConfigError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BEARER = "bearer "
_BYTES = 32


def new_key() -> tuple[str, str]:
    """A key and its digest."""
    key = f"tf_{token_urlsafe(_BYTES)}"
    return key, digest_of(key)


def digest_of(key: str) -> str:
    """What the service is told of a key."""
    return sha256(key.encode("utf-8", errors="surrogateescape")).hexdigest()


def digests(listed: str) -> tuple[str, ...]:
    """The digests of a setting, which has commas between them.

    Raises:
        ConfigError: one is no SHA-256; what was found is not shown, since it may be a key.
    """
    found = tuple(each.strip().lower() for each in listed.split(",") if each.strip())
    if not all(map(_DIGEST.fullmatch, found)):
        raise ConfigError(
            "a key is set by its SHA-256, 64 hexadecimal digits; found something else, which may be the key itself: "
            "`threefold admin-key` makes a key and prints its digest"
        )
    return found


def is_admitted(authorization: str | None, known: tuple[str, ...]) -> bool:
    """Whether the header Authorization holds a key that is known; it takes as long whichever one it is."""
    if authorization is None or not authorization.lower().startswith(_BEARER):
        return False
    digest = digest_of(authorization[len(_BEARER) :].strip())
    same = [compare_digest(digest, each) for each in known]
    return any(same)
