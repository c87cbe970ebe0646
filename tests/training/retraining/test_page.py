"""The page of a run says all that was seen, and loads nothing."""

import re
from datetime import UTC, datetime

from training.retraining.observation import Observation
from training.retraining.outcome import Measure, RetrainOutcome
from training.retraining.page import render_page
from training.retraining.sentence import held_because

OUTCOME = RetrainOutcome(
    decision="held",
    why="volume(<b>): too few & too late",
    registry="registry",
    channel="production",
    run="2026-01-13-abcdef01",
    champion="old",
    candidate="new",
    start="scratch",
    train=("2026-01-10", "2026-01-11"),
    validation=("2026-01-12",),
    test=("2026-01-13",),
    checks=(
        Observation.of("schema", None, 0, 0, True, "as ever"),
        Observation.of("volume", "<b>", 0.3, 0.65, False, "too few & too late"),
    ),
    measures=(Measure(task="click", metric="auc", candidate=0.75, champion=None),),
    notes=("a note",),
    ended_at=datetime(2026, 1, 14, tzinfo=UTC),
    seconds={"train": 75.0},
)


def test_everything_is_on_the_page_and_what_is_the_user_s_is_escaped() -> None:
    page = render_page("my <model>", OUTCOME)
    assert "my &lt;model&gt;: held" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    for said in ("0.7500", "2026-01-10 to 2026-01-11", "a note", "1 min 15 s", "0.65"):
        assert said in page
    assert page.index(">volume<") < page.index(">schema<")  # what holds comes first
    assert not re.search(r"(src|href)=\"http", page)


def test_a_sentence_names_the_first_that_holds_and_the_others_by_name() -> None:
    seen = [Observation.of("leak", f"f{number}", 1, 0, False, "told too much") for number in range(12)]
    said = held_because([*OUTCOME.checks, *seen])
    assert said.startswith("volume(<b>): too few & too late; also leak(f0), leak(f1)")
    assert said.endswith("leak(f7) and 4 more")
