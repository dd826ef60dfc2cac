"""Decoys: what the methods find where nothing is to be found, so that a list can say how much of it is chance.

Shuffled proteins are scored and stored chunk by chunk. Which decoys a chunk holds follows from the sequences of the
release alone, so that a killed run goes on with the first chunk that is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InputError
from ..settings import Settings
from .heads import Heads
from .progress import Progress, Silent
from .target import Target

if TYPE_CHECKING:
    from ..methods.significance import Chance
    from ..store.decoys import SequenceScores
    from ..store.engine import Store
    from ..store.rankings import ByChance
    from .protein_scorer import Chunk, ScoredChunk

SHUFFLED = "shuffled"

RESIDUES = 200_000
"""Residues of shuffled proteins for each proteome and configuration, at least: ten seconds of two cores."""

SHARE = 1 / 15
"""Shuffled residues are at least this share of the release's: scoring them costs a large proteome 7 % more."""

COPIES = 10
"""Shuffles of one protein at most: more of a small proteome would only repeat its composition."""

RESIDUES_PER_CHUNK = 20_000


def planned(sequences: Sequence[tuple[str, str]]) -> list[Chunk]:
    """Chunks of the shuffled proteins of a release, the same ones each time.

    Their residues are `RESIDUES`, or `SHARE` of the release's where that is more, or `COPIES` of each protein where
    that is less.

    Args:
        sequences: digest and residues of each distinct sequence.

    Returns:
        Name and residues of each shuffled protein, by chunk.
    """
    from ..methods.significance import decoys_of

    residues = sum(len(letters) for _, letters in sequences)
    return list(_chunks(decoys_of(sequences, max(RESIDUES, round(SHARE * residues)), COPIES)))


def score_decoys(
    store: Store,
    settings: Settings,
    heads: Heads,
    target: Target,
    *,
    progress: Progress | None = None,
    queued_run: int | None = None,
) -> None:
    """Score the shuffled proteins of a proteome that have no scores under this configuration yet.

    Where only pooled heads changed, those that were scored before are scored again from their vectors.
    """
    from ..store.decoys import stored_chunks
    from ..store.locks import one_after_another
    from ..store.proteomes import sequences_of

    lock = f"nesannot decoys {heads.configuration_id} {target.proteome_id}"
    with one_after_another(store, lock, lambda: None):
        stored = stored_chunks(store, heads.configuration_id, target.proteome_id)
        if 0 in stored or (not stored and _again(store, heads, target, queued_run)):
            return
        chunks = dict(enumerate(planned(sequences_of(store, *target.key)), 1))
        todo = {number: chunk for number, chunk in chunks.items() if number not in stored}
        if todo:
            _DecoyScoring(store, settings, heads, target, len(chunks), progress or Silent()).run(todo, queued_run)


@dataclass(frozen=True, slots=True)
class _DecoyScoring:
    """Scores chunks of shuffled proteins, `chunks` in all, and stores each as soon as it is scored."""

    store: Store
    settings: Settings
    heads: Heads
    target: Target
    chunks: int
    progress: Progress

    def run(self, todo: Mapping[int, Chunk], queued_run: int | None) -> None:
        """Score these chunks, by number."""
        from ..processes.pool import WorkerPool
        from ..store.runs import run
        from .protein_scorer import build_scorer

        number_of = {name: number for number, chunk in todo.items() for name, _ in chunk}
        workers = self.settings.workers if len(todo) > 1 else 1
        stated = {**self.heads.stated, "proteome": self.target.name, "release": self.target.release}
        arguments = (self.settings, self.heads.payload, None, self.heads.portable)
        totals: Counter[str] = Counter()
        self.progress.begin("scoring shuffled proteins", sum(map(_residues, todo.values())))
        try:
            with (
                run(self.store, "decoys", stated, device=self.heads.chosen, queued_run=queued_run) as (run_id, counts),
                WorkerPool(workers, initialise=build_scorer, arguments=arguments) as pool,
            ):
                for scored in pool.map_unordered(iter(todo.values())):
                    if scored.stopped:
                        raise scored.stopped
                    number = number_of[scored.sequences[0].digest]
                    totals.update(self._save(run_id, number, todo[number], scored))
                    counts.update(totals)
                    self.progress.advance(scored.residues)
        finally:
            self.progress.end()

    def _save(self, run_id: int, number: int, decoys: Chunk, scored: ScoredChunk) -> dict[str, int]:
        """Store a chunk; returns its counts."""
        from ..store.decoys import save_decoys
        from .decoy_candidates import Packing

        letters_of, packing = dict(decoys), Packing()
        for one in scored.sequences:
            packing.add(letters_of[one.digest], one)
        combined = [segment.scores[-1].calibrated for one in scored.sequences for segment in one.segments]
        amount = {"proteins": len(decoys), "residues": _residues(decoys)}
        key = (self.heads.configuration_id, self.target.proteome_id, run_id)
        chunk = (number, self.chunks)
        save_decoys(self.store, *key, **amount, chunk=chunk, combined=combined, candidates=packing.packed())
        failed = sum(bool(one.error) for one in scored.sequences)
        return {"chunks": 1, **amount, "segments": len(combined), "failed": failed}


def _residues(chunk: Chunk) -> int:
    return sum(len(letters) for _, letters in chunk)


def _again(store: Store, heads: Heads, target: Target, queued_run: int | None) -> bool:
    """Score stored candidates of shuffled proteins again; False if no head set of this selector has stored any."""
    from ..store.decoys import decoy_candidates, save_decoys
    from ..store.runs import run
    from .decoy_candidates import combined_again
    from .rescore import same_selector

    stored = decoy_candidates(store, same_selector(store, heads), target.proteome_id)
    if not stored:
        return False
    stated = {**heads.stated, "proteome": target.name, "release": target.release, "from_stored_vectors": True}
    with run(store, "decoys", stated, device="cpu", queued_run=queued_run) as (run_id, counts):
        key = (heads.configuration_id, target.proteome_id, run_id)
        segments = 0
        for one in stored:
            combined, amount = combined_again(one.candidates, heads.head_set), (one.proteins, one.residues)
            place = (one.chunk, one.chunks)
            save_decoys(store, *key, proteins=amount[0], residues=amount[1], chunk=place, combined=combined,
                        candidates=one.candidates)  # fmt: skip
            segments += len(combined)
        counts |= {"chunks": len(stored), "proteins": sum(one.proteins for one in stored), "segments": segments}
        counts |= {"residues": sum(one.residues for one in stored), "failed": 0}
    return True


def _chunks(decoys: Iterator[tuple[str, str]]) -> Iterator[Chunk]:
    chunk: list[tuple[str, str]] = []
    for decoy in decoys:
        chunk.append(decoy)
        if _residues(chunk) >= RESIDUES_PER_CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def chance(
    store: Store, configuration_id: int, proteome: str, decoys: str, training_digests: Collection[str] = ()
) -> Chance | None:
    """Scores that chance gives; None if the shuffled proteins of `proteome` are not scored, or not all of them.

    Reads views only.

    Args:
        decoys: `SHUFFLED`, or the name of a proteome without CRM1; of a proteome in the training set only that half of
            its families counts that the heads never saw.
        training_digests: digests of the sequences in the training set.

    Raises:
        UsageError: if there is no such proteome.
        InputError: if it has no scores that count.
    """
    import numpy as np

    from ..methods.significance import Chance
    from ..store.decoys import find_decoys

    if decoys != SHUFFLED:
        return _without_crm1(store, configuration_id, decoys, training_digests)
    stored = find_decoys(store, configuration_id, proteome)
    return Chance(SHUFFLED, np.sort(np.asarray(stored.combined, dtype=float)), stored.residues) if stored else None


def _without_crm1(store: Store, configuration_id: int, name: str, training_digests: Collection[str]) -> Chance:
    import numpy as np

    from ..methods.significance import Chance
    from ..store.candidates import sequences_of_ranking
    from ..store.decoys import ranked_scores
    from ..store.proteome_list import check_name
    from ..store.rankings import ranking_under
    from .training_set import halves

    proteome = check_name(store, name)
    ranking = ranking_under(store, proteome, configuration_id)
    if ranking is None:
        what = f"{proteome} has no scores to take as decoys: it is not ranked under the configuration of this ranking"
        raise InputError(what, remedy=f"nesannot score {proteome}")
    if not ranking.complete:
        what = f"{proteome} release {ranking.release} cannot be taken as decoys: {ranking.coverage}"
        raise InputError(what, why="a part of a proteome is no measure of chance", remedy=f"nesannot score {proteome}")
    scored = ranked_scores(store, ranking.id)
    if {row.sha256 for row in scored} & set(training_digests):
        counted = {digest for digest, _ in halves(dict(sequences_of_ranking(store, ranking.id))).counted}
        scored = [row for row in scored if row.sha256 in counted]
        if not scored:
            what = f"{proteome} release {ranking.release} has no scores to take as decoys"
            why = "it is in the training set, and nothing that is scored is of the families that the heads never saw"
            raise InputError(what, why=why, remedy="--decoys shuffled, or another proteome without CRM1")
    scores = np.sort(np.concatenate([np.asarray(row.combined, dtype=float) for row in scored]))
    return Chance(proteome, scores, sum(row.length for row in scored))


def by_chance(store: Store, heads: Heads, target: Target, decoys: str) -> ByChance | None:
    """q-value and expected number for each score of a release; None if there is nothing to compare with."""
    from ..store.decoys import combined_scores

    compared = chance(store, heads.configuration_id, target.name, decoys, heads.head_set.training_digests)
    if compared is None:
        return None
    return chance_steps(compared, combined_scores(store, heads.configuration_id, *target.key))


def chance_steps(compared: Chance, scored: Sequence[SequenceScores]) -> ByChance | None:
    """q-value and expected number for each of these combined scores; None without any."""
    import numpy as np

    from ..store.rankings import ByChance

    if not scored:
        return None
    scores = np.concatenate([np.asarray(row.combined, dtype=float) for row in scored])
    return ByChance(compared.source, compared.steps(scores, sum(row.length for row in scored)))
