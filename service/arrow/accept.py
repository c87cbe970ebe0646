"""Whether a client would rather have its answer as Arrow."""

from service.arrow.reader import ARROW

_JSON = "application/json"


def wants_arrow(accept: str | None) -> bool:
    """What an Accept header says: Arrow where it is named, unless JSON is named too and preferred.

    Ranges such as `*/*` mean JSON, and so does no header.
    """
    if accept is None or ARROW not in accept.lower():
        return False
    qualities = dict(map(_offer, accept.lower().split(",")))
    arrow = qualities.get(ARROW, 0.0)
    return arrow > 0 and arrow >= qualities.get(_JSON, 0.0)


def _offer(text: str) -> tuple[str, float]:
    """A media type and its quality; one that is no number is as if it were not there."""
    name, *parameters = (part.strip() for part in text.split(";"))
    given = [value for key, _, value in (parameter.partition("=") for parameter in parameters) if key.strip() == "q"]
    try:
        return name, float(given[0]) if given else 1.0
    except ValueError:
        return name, 1.0
