"""Whole versions, made in a moment: one real tiny checkpoint, again and again under another name."""

import json
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from models.manifest_file import MANIFEST, digest
from models.registry import Registry, State
from models.registry.changes import after
from tests.models.test_checkpoint import save
from tests.models.tiny import predictor


def name(number: int) -> str:
    """Names sort by number."""
    return f"20260101T{number:06d}Z-{number:08x}"


@cache
def _template() -> Path:
    return save(Path(mkdtemp(prefix="registry-")), predictor())


def make(folder: Path, number: int) -> Path:
    """A version that loads."""
    version = Path(shutil.copytree(_template(), folder / name(number)))
    raw = json.loads((version / MANIFEST).read_text())
    del raw["digest"]
    raw["version"] = version.name
    (version / MANIFEST).write_text(json.dumps({**raw, "digest": digest(raw)}))
    return version


def assert_history_is_whole(registry: Registry) -> None:
    """Every number once, and each state is what its event makes of the state before: no update was lost."""
    events = registry.history()[::-1]
    assert [event.number for event in events] == list(range(1, registry.head() + 1))
    state = State()
    for event in events:
        state = after(state, event.action, event.version, event.channel)
        assert event.state == state
    assert registry.state() == state
