"""The page of a search: one HTML file that loads nothing, in the look of the report."""

from dataclasses import dataclass
from datetime import UTC, datetime

from training.comparison.words import duration_words
from training.report.figure import Picture
from training.report.template import template
from training.tuning.importance import importances
from training.tuning.pictures import importance_picture, progress_picture, slice_picture
from training.tuning.record import TrialRecord, winner
from training.tuning.search import Searched
from training.tuning.words import counts, gain_words, state_words, value_words

TEMPLATE = "tuning.html.jinja"


@dataclass(frozen=True)
class Row:
    """A trial in the table."""

    record: TrialRecord
    state: str
    score: str
    seconds: str
    values: list[str]
    is_best: bool


def render_page(searched: Searched, best_toml: str | None) -> str:
    """The page as HTML; every name and value of the user's is escaped."""
    records = searched.records
    return template("training.tuning", TEMPLATE).render(
        name=searched.config.name,
        created_at=datetime.now(UTC),
        counts=counts(records),
        took=duration_words(sum(record.seconds for record in records)),
        gain=gain_words(records),
        paths=list(searched.config.tuning.space),
        pictures=_pictures(searched),
        rows=_rows(searched),
        failures=[record for record in records if record.state == "failed"],
        validation=searched.prepared.windows.validation,
        best_toml=best_toml,
        pruner=searched.config.tuning.pruner,
    )


def _pictures(searched: Searched) -> list[Picture]:
    shares = importances(searched)
    found = [progress_picture(searched.records), importance_picture(shares) if shares else None]
    by_share = sorted(searched.config.tuning.space, key=lambda path: -shares.get(path, 0.0))
    return [each for each in (*found, *(slice_picture(path, searched) for path in by_share)) if each is not None]


def _rows(searched: Searched) -> list[Row]:
    best = winner(searched.records)
    ordered = sorted(searched.records, key=lambda each: (each.state != "finished", each.score is None, each.score or 0))
    return [
        Row(
            record=each,
            state=state_words(each),
            score="-" if each.score is None else f"{each.score:.4f}",
            seconds="" if each.same_as is not None else duration_words(each.seconds),
            values=[value_words(each.values.get(path, held)) for path, held in searched.values.items()],
            is_best=each is best,
        )
        for each in ordered
    ]
