"""The demo: the bundled proteins and references through the whole pipeline, with nothing to download or to set up."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file
from typing import TYPE_CHECKING

from ..settings import Settings
from . import sample
from .ingest import ingest_proteome, ingest_references
from .progress import Progress
from .proteome_source import UNSTATED, ProteomeSource
from .rank import RankedProteome, rank_proteome
from .reference_sources import bundled_entries
from .score import ScoreSummary, score_proteome

if TYPE_CHECKING:
    from ..store.engine import Store


@dataclass(frozen=True, slots=True)
class Demo:
    """Outcome of the demo."""

    summary: ScoreSummary
    ranking: RankedProteome


def run_demo(store: Store, settings: Settings, progress: Progress) -> Demo:
    """Ingest, score and rank the bundled sample; what is there already is not done again."""
    from ..store.proteome_list import leave_out_of_overall

    with as_file(sample.proteins()) as path:
        source = ProteomeSource(str(path), sample.NAME, None, UNSTATED)
        ingests = [ingest_proteome(store, source)]
    leave_out_of_overall(store, sample.NAME)
    ingests.append(ingest_references(store, sample.SOURCE, bundled_entries()))
    for sentence in (line for done in ingests for line in done.sentences):
        progress.note(sentence)
    summary = score_proteome(store, settings, sample.NAME, progress=progress)
    for sentence in summary.sentences():
        progress.note(sentence)
    ranking = rank_proteome(store, settings, sample.NAME)
    return Demo(summary, ranking)
