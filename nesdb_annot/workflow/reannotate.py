"""Re-annotate: look for what changed, ingest it, and compute what is new or changed, nothing else.

Sources first (UniProt's release, its curated NESs, NESdb), then what follows from them: reference vectors whose
proteins changed, scores under the present heads, rankings. A sequence with scores is not computed again; a change of
headers touches no score. One re-annotation runs at a time, on however many machines it is begun.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import IncompleteError, InputError, InternalError, NesannotError, UsageError
from ..records import Json
from ..settings import Settings
from .progress import Progress, Silent
from .reannotate_sources import KIND, Looking
from .target import Target

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.proteomes import StoredProteome
    from .heads import Heads

LOCK = "nesannot reannotate"
"""Name of the lock that lets one run at a time."""


@dataclass(slots=True)
class Reannotation:
    """What a re-annotation did, or, for a dry run, would do.

    Attributes:
        busy: another one is under way, and this one did nothing.
        releases: releases ingested.
        references: reference proteins whose vectors were made anew.
        embedded: sequences that were embedded and scored.
        rescored: sequences that were scored from stored vectors.
        ranked: proteomes that were ranked anew.
        failed: sequences that could not be scored.
        problem: names those of the first proteome that has any, or a proteome that was not brought up to date.
    """

    busy: bool = False
    dry_run: bool = False
    releases: int = 0
    references: int = 0
    embedded: int = 0
    rescored: int = 0
    ranked: int = 0
    failed: int = 0
    problem: NesannotError | None = None

    def counts(self) -> dict[str, Json]:
        """The numbers, for the run's record."""
        names = ("releases", "references", "embedded", "rescored", "ranked", "failed")
        return {name: getattr(self, name) for name in names}

    def sentence(self) -> str:
        """The outcome in words."""
        if self.busy:
            return "a re-annotation is under way already; nothing was done"
        if not any(self.counts().values()):
            dry = "everything stored is current: nothing would be computed; nothing was written"
            return dry if self.dry_run else "everything is current; nothing was computed"
        if self.dry_run:
            references = f"{self.references:,} reference proteins would be embedded again"
            scored = f"{self.embedded:,} sequences embedded and scored, {self.rescored:,} re-scored without embedding"
            return f"{references}, {scored}, {self.ranked:,} proteomes ranked; nothing was written"
        done = f"{self.releases:,} releases ingested, {self.references:,} reference proteins embedded again"
        scored = f"{self.embedded:,} sequences embedded and scored, {self.rescored:,} re-scored without embedding"
        failed = f", {self.failed:,} failed" if self.failed else ""
        return f"{done}; {scored}{failed}; {self.ranked:,} proteomes ranked anew"


def reannotate(
    store: Store,
    settings: Settings,
    proteomes: Sequence[str] = (),
    *,
    nesdb: Path | None = None,
    dry_run: bool = False,
    replace: bool = False,
    progress: Progress | None = None,
    queued_run: int | None = None,
) -> Reannotation:
    """Bring annotated proteomes up to date with UniProt, the references, and the present models and parameters.

    Args:
        store: where.
        settings: language model, addresses, offline.
        proteomes: names; by default all that were ranked before. Proteomes whose scores are decoys of these come
            first, named or not.
        nesdb: an export of NESdb; by default its site is asked, if it was before.
        dry_run: count what would be computed, and write nothing. References that changed are embedded, since what
            follows from them depends on their vectors; a release that would be fetched is not counted.
        replace: accept that a reference source loses any number of its entries.
        progress: who is told.
        queued_run: see `store.runs.run`.

    Returns:
        What was done; `busy` if another re-annotation is under way, which is no error.

    Raises:
        UsageError: if there is no such proteome.
        TryLaterError: if a source did not answer; everything else was done by then.
        IncompleteError: if a reference source would lose too many entries, a sequence failed, or a proteome cannot
            be brought up to date; everything else was done by then.
        ConfigurationError: if there are no weights or no head set for the language model.
    """
    from ..store.locks import only_one
    from ..store.runs import run

    progress = progress or Silent()
    with only_one(store, LOCK) as mine:
        if not mine:
            return Reannotation(busy=True)
        whole = _Reannotating(store, settings, progress, dry_run, replace)
        chosen = _chosen(store, proteomes)
        if dry_run:
            return whole.run(chosen, nesdb, {})
        stated = {"proteomes": [proteome.name for proteome in chosen], "nesdb": str(nesdb or "")}
        with run(store, KIND, stated, queued_run=queued_run) as (_, counts):
            return whole.run(chosen, nesdb, counts)


def _chosen(store: Store, names: Sequence[str]) -> list[StoredProteome]:
    """Those named, or those that were ranked; each after the one whose scores are its decoys."""
    from ..store.proteomes import list_proteomes, proteome_of
    from ..store.rankings import find_ranking

    stored = {proteome.name: proteome for proteome in list_proteomes(store)}
    rankings = {name: ranking for name in stored if (ranking := find_ranking(store, name))}
    ordered: dict[str, StoredProteome] = {}
    for first in [proteome_of(store, name).name for name in names] or rankings:
        chain = [first]
        while (ranking := rankings.get(chain[-1])) and ranking.decoys in stored and ranking.decoys not in chain:
            chain.append(ranking.decoys)
        ordered |= {name: stored[name] for name in reversed(chain) if name not in ordered}
    return list(ordered.values())


@dataclass(frozen=True, slots=True)
class _Reannotating:
    """One re-annotation under way."""

    store: Store
    settings: Settings
    progress: Progress
    dry_run: bool
    replace: bool

    def run(self, proteomes: list[StoredProteome], nesdb: Path | None, counts: dict[str, Json]) -> Reannotation:
        done = Reannotation(dry_run=self.dry_run)
        looking = Looking(self.store, self.settings, self.progress, self.dry_run, self.replace)
        looking.uniprot(proteomes)
        looking.nesdb(nesdb)
        done.releases = int(looking.news.counts.get("releases", 0))
        try:
            self._compute(proteomes, done)
        finally:
            counts |= {**looking.news.counts, **done.counts()}
        if problem := looking.news.problem or done.problem:
            raise problem
        return done

    def _compute(self, proteomes: list[StoredProteome], done: Reannotation) -> None:
        """Reference vectors, scores and rankings that the news call for."""
        if not proteomes:
            self.progress.note("no proteome is annotated yet: nesannot score, nesannot rank")
            return
        heads = self._refreshed(done)
        for proteome in proteomes:
            try:
                self._proteome(proteome.name, heads, done)
            except (UsageError, InputError, InternalError) as error:
                what = f"{proteome.name} was not brought up to date: {error.what}"
                problem = IncompleteError(what, where=error.where, why=error.why, remedy=error.remedy)
                self.progress.note(str(problem))
                done.problem = done.problem or problem

    def _refreshed(self, done: Reannotation) -> Heads:
        """The heads in use, with the references that changed; in a dry run they are not stored."""
        from .heads import heads_for, heads_of
        from .refresh import refresh_references, refreshed_heads

        heads = heads_for(self.store, self.settings, create=not self.dry_run)
        if not self.dry_run:
            done.references = refresh_references(self.store, self.settings, heads, self.progress)
            return heads_for(self.store, self.settings) if done.references else heads
        fresh = refreshed_heads(self.store, self.settings, heads, self.progress)
        done.references = len(fresh.proteins)
        return heads_of(self.store, self.settings, fresh.head_set, fresh.head_set.to_bytes(), create=False)

    def _proteome(self, name: str, heads: Heads, done: Reannotation) -> None:
        from .rescore import earlier_scores
        from .score import plan_scoring, score_proteome
        from .target import find_target

        target = find_target(self.store, name)
        if self._is_current(target, heads):
            self._say_current(target, heads, done)
            return
        if self.dry_run:
            for line in earlier_scores(self.store, heads, target):
                self.progress.note(line)
            summary = plan_scoring(self.store, heads, target)
            done.ranked += 1
        else:
            summary = score_proteome(self.store, self.settings, name, progress=self.progress)
        for sentence in summary.sentences():
            self.progress.note(sentence)
        done.rescored += summary.rescored
        done.embedded += summary.sequences
        done.failed += len(summary.failed)
        done.problem = done.problem or summary.problem
        done.ranked += bool(summary.ranking and summary.ranking.made)

    def _say_current(self, target: Target, heads: Heads, done: Reannotation) -> None:
        """Say that nothing is to be done, and name what failed as `score_proteome` does."""
        from ..store.scores import failed_of_release
        from .failures import all_tried, failure

        failed = failed_of_release(self.store, heads.configuration_id, target.name, target.release)
        self.progress.note(f"{target.name} release {target.release}: {all_tried(len(failed))}, and it is ranked")
        if not self.dry_run:
            done.failed += len(failed)
            done.problem = done.problem or failure(target.name, failed)

    def _is_current(self, target: Target, heads: Heads) -> bool:
        """Whether nothing is pending and the ranking holds; opens no language model."""
        from ..store.scores import pending
        from .ranking import ranking_options, up_to_date

        if pending(self.store, heads.configuration_id, *target.key).sequences:
            return False
        options = ranking_options(self.store, self.settings, target)
        return up_to_date(self.store, heads, target, options) is not None
