"""Parent and training window together: what was fitted of the window, for ids old and new."""

from dataclasses import replace
from functools import partial

from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.features.rules import vocabulary_owners
from models.features.vocabulary import LearnedVocabulary, LearnedVocabularyConfig, Vocabulary
from training.fitting.fit import FittedData
from training.fitting.past_totals import PastTotals
from training.growth.ages import Ages, held_by
from training.growth.inheritance import Inheritance
from training.growth.parent import Parent
from training.growth.vocabulary import grown, none_is_stale


def grow(found: FittedData, config: ModelConfig, parent: Parent, ages: Ages | None) -> FittedData:
    """What was fitted of a new training window, joined with what the parent knows.

    Numbers are encoded, and labels measured, as the parent does: its weights mean nothing otherwise. Vocabularies hold
    the parent's ids and the new ones; past rates are those of the window, which went on from the parent's sums.

    Args:
        found: of the window.
        config: of the run, whose `max_size` holds.
        parent: what is trained on.
        ages: of ids; None where none is ever evicted.
    """
    owners = vocabulary_owners(config.features, config.crosses)
    vocabularies: dict[str, Vocabulary] = {}
    for name, old in parent.encoder.fitted.vocabularies.items():
        kind, new = owners[name], found.encoder.fitted.vocabularies[name]
        if isinstance(old, LearnedVocabulary):
            assert isinstance(kind, LearnedVocabularyConfig)
            assert isinstance(new, LearnedVocabulary)
            are_stale = none_is_stale if ages is None else partial(ages.are_stale, name)
            vocabularies[name] = grown(name, old, new.values, kind, are_stale)
        else:
            vocabularies[name] = old
    fitted = Fitted(vocabularies, parent.encoder.fitted.numerics, found.encoder.fitted.past)
    encoder = Encoder(config.features, fitted, config.crosses)
    return replace(found, encoder=encoder, statistics=dict(parent.manifest.statistics))


def with_inheritance(data: FittedData, config: ModelConfig, ages: Ages) -> FittedData:
    """The same, with what later runs grow from, and without the past of ids that had no row for too long."""
    totals: list[PastTotals] = [
        ages.without_stale(each, past.period_us)
        for each, past in zip(data.histories.totals(), config.past_rates, strict=True)
    ]
    fitted = data.encoder.fitted
    past = tuple(held_by(each, rates) for each, rates in zip(totals, fitted.past, strict=True))
    encoder = Encoder(config.features, replace(fitted, past=past), config.crosses)
    days = {
        name: ages.last_seen(name, vocabulary.values)
        for name, vocabulary in fitted.vocabularies.items()
        if isinstance(vocabulary, LearnedVocabulary)
    }
    return replace(data, encoder=encoder, inheritance=Inheritance(days, tuple(totals)))
