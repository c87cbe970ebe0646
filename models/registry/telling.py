"""What `threefold models` says: the same as lines for people and as JSON for programs."""

from collections.abc import Iterable, Iterator
from typing import Any

from models.registry.event import Event, State
from models.registry.registry import Registry

_SHOWN = ("name", "created_at")


def overview(registry: Registry) -> dict[str, Any]:
    """All versions, newest first, and all channels."""
    newest = registry.newest()
    state = newest.state if newest else State()
    return {
        "registry": registry.place,
        "event": newest.number if newest else 0,
        "channels": {name: each.model_dump(mode="json") for name, each in sorted(state.channels.items())},
        "versions": [_marked(version, state) for version in reversed(registry.versions())],
    }


def overview_lines(found: dict[str, Any]) -> Iterator[str]:
    """A line a version."""
    if not found["versions"]:
        yield f"no versions at {found['registry']}"
    for each in found["versions"]:
        yield "  ".join([each["version"], *_marks(each)])
    there = {each["version"] for each in found["versions"]}
    for name, channel in found["channels"].items():
        if channel["version"] not in there:
            yield f"{channel['version']}  {name}  MISSING: roll back, or publish it again"


def described(registry: Registry, version: str) -> dict[str, Any]:
    """One version.

    Raises:
        RegistryError, CheckpointError: there is none of that name, or its manifest was altered.
    """
    manifest = registry.known(version)
    events = [event for event in registry.history() if event.version == version]
    return {
        **_marked(version, registry.state()),
        "place": registry.place_of(version),
        **{name: manifest.get(name) for name in _SHOWN},
        "metrics": manifest.get("metrics", {}),
        "history": [told(event) for event in events],
    }


def show_lines(found: dict[str, Any]) -> Iterator[str]:
    """A few lines, then one a task, then one an event."""
    yield "  ".join([found["version"], *_marks(found)])
    yield found["place"]
    yield f"{found['name']}, created {found['created_at']}"
    for task, metrics in found["metrics"].items():
        numbers = (f"{name} {value:.4g}" for name, value in metrics.items() if value is not None)
        yield f"{task:<16} {'  '.join(numbers)}"
    yield from (_line(event) for event in found["history"])


def told(event: Event) -> dict[str, Any]:
    """An event without the state after it."""
    return event.model_dump(mode="json", exclude={"state"})


def event_line(event: Event) -> str:
    """An event in one line."""
    return _line(told(event))


def _line(event: dict[str, Any]) -> str:
    subject = " ".join(filter(None, [event["channel"] and f"{event['channel']} ->", event["version"]]))
    why = f": {event['why']}" if event["why"] else ""
    return f"{event['number']:>6}  {event['at'][:19]}Z  {event['action']:<8}  {subject}  by {event['who']}{why}"


def _marked(version: str, state: State) -> dict[str, Any]:
    channels = sorted(state.channels.items())
    return {
        "version": version,
        "channels": [name for name, each in channels if each.version == version],
        "previous_of": [name for name, each in channels if version in each.previous[:1]],
        "pinned": version in state.pins,
    }


def _marks(each: dict[str, Any]) -> Iterable[str]:
    yield from each["channels"]
    yield from (f"before {name}" for name in each["previous_of"])
    if each["pinned"]:
        yield "pinned"
