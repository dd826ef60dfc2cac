"""Decoys: what the methods find where nothing is to be found, so that a list can say how much of it is chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import InputError
from ..settings import Settings
from .heads import Heads
from .progress import Progress, Silent
from .target import Target, find_target

if TYPE_CHECKING:
    from ..methods.significance import Chance
    from ..store.engine import Store
    from ..store.rankings import ByChance
    from .protein_scorer import Chunk

SHUFFLED = "shuffled"

RESIDUES = 200_000
"""Of shuffled proteins, scored once for each proteome and configuration: ten seconds of two cores."""

COPIES = 10
"""Shuffles of one protein at most: more of a small proteome would only repeat its composition."""

RESIDUES_PER_CHUNK = 20_000


def score_decoys(
    store: Store,
    settings: Settings,
    heads: Heads,
    target: Target,
    *,
    progress: Progress | None = None,
    queued_run: int | None = None,
) -> None:
    """Score shuffled proteins of a proteome and keep the scores, unless that was done under this configuration.

    Where only pooled heads changed, those that were scored before are scored again from their vectors.
    """
    from ..methods.significance import decoys_of
    from ..processes.pool import WorkerPool
    from ..store.decoys import find_decoys, save_decoys
    from ..store.proteomes import sequences_of
    from ..store.runs import run
    from .decoy_candidates import Packing
    from .protein_scorer import build_scorer

    if find_decoys(store, heads.configuration_id, target.proteome_id) is not None or _again(
        store, heads, target, queued_run
    ):
        return
    decoys = list(decoys_of(sequences_of(store, *target.key), RESIDUES, COPIES))
    residues = sum(len(letters) for _, letters in decoys)
    if not residues:
        return
    progress = progress or Silent()
    progress.begin("scoring shuffled proteins", residues)
    combined: list[float] = []
    failed, packing, letters_of = 0, Packing(), dict(decoys)
    workers = settings.workers if residues > RESIDUES_PER_CHUNK else 1
    stated = {**heads.stated, "proteome": target.name, "release": target.release}
    arguments = (settings, heads.payload, None, heads.portable)
    try:
        with (
            run(store, "decoys", stated, device=heads.chosen, queued_run=queued_run) as (run_id, counts),
            WorkerPool(workers, initialise=build_scorer, arguments=arguments) as pool,
        ):
            for chunk in pool.map_unordered(_chunks(decoys)):
                combined += [s.scores[-1].calibrated for one in chunk.sequences for s in one.segments]
                failed += sum(bool(one.error) for one in chunk.sequences)
                for one in chunk.sequences:
                    packing.add(letters_of[one.digest], one)
                progress.advance(chunk.residues)
            counts |= {"proteins": len(decoys), "residues": residues, "segments": len(combined), "failed": failed}
            place = (heads.configuration_id, target.proteome_id, run_id)
            told = {"proteins": len(decoys), "residues": residues}
            save_decoys(store, *place, **told, combined=combined, candidates=packing.packed())
    finally:
        progress.end()


def _again(store: Store, heads: Heads, target: Target, queued_run: int | None) -> bool:
    """Score stored candidates of shuffled proteins again; False if no head set of this selector has stored any."""
    from ..store.decoys import decoy_candidates, save_decoys
    from ..store.runs import run
    from .decoy_candidates import combined_again
    from .rescore import same_selector

    found = decoy_candidates(store, same_selector(store, heads), target.proteome_id)
    if found is None:
        return False
    stated = {**heads.stated, "proteome": target.name, "release": target.release, "from_stored_vectors": True}
    with run(store, "decoys", stated, device="cpu", queued_run=queued_run) as (run_id, counts):
        combined, told = combined_again(found.candidates, heads.head_set), (found.proteins, found.residues)
        counts |= {"proteins": told[0], "residues": told[1], "segments": len(combined), "failed": 0}
        place = (heads.configuration_id, target.proteome_id, run_id)
        save_decoys(store, *place, proteins=told[0], residues=told[1], combined=combined, candidates=found.candidates)
    return True


def _chunks(decoys: list[tuple[str, str]]) -> Iterator[Chunk]:
    chunk: list[tuple[str, str]] = []
    for decoy in decoys:
        chunk.append(decoy)
        if sum(len(residues) for _, residues in chunk) >= RESIDUES_PER_CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def chance(store: Store, heads: Heads, target: Target, decoys: str) -> Chance | None:
    """Scores that chance gives; None if no shuffled proteins of `target` were scored.

    Args:
        decoys: `SHUFFLED`, or the name of a proteome without CRM1; of one that taught the heads only that half of its
            families counts that they never saw.

    Raises:
        UsageError: if there is no such proteome.
        InputError: if it has no scores that count.
    """
    import numpy as np

    from ..methods.significance import Chance
    from ..store.decoys import find_decoys

    if decoys != SHUFFLED:
        return _without_crm1(store, heads, find_target(store, decoys))
    kept = find_decoys(store, heads.configuration_id, target.proteome_id)
    return Chance(SHUFFLED, np.sort(np.asarray(kept.combined, dtype=float)), kept.residues) if kept else None


def _without_crm1(store: Store, heads: Heads, target: Target) -> Chance:
    import numpy as np

    from ..methods.significance import Chance
    from ..store.decoys import combined_scores
    from ..store.proteomes import sequences_of
    from .training_set import halves

    scored = combined_scores(store, heads.configuration_id, *target.key)
    told = f"{target.name} release {target.release} has no scores to take as decoys"
    if not scored:
        raise InputError(told, remedy=f"nesannot score {target.name}")
    if {row.sha256 for row in scored} & set(heads.head_set.training_digests):
        counted = {digest for digest, _ in halves(dict(sequences_of(store, *target.key))).counted}
        scored = [row for row in scored if row.sha256 in counted]
        if not scored:
            why = "it taught the heads, and nothing that is scored is of the families that they never saw"
            raise InputError(told, why=why, remedy="--decoys shuffled, or another proteome without CRM1")
    scores = np.sort(np.concatenate([np.asarray(row.combined, dtype=float) for row in scored]))
    return Chance(target.name, scores, sum(row.length for row in scored))


def by_chance(store: Store, heads: Heads, target: Target, decoys: str) -> ByChance | None:
    """q-value and expected number for each score of a release; None if there is nothing to compare with."""
    import numpy as np

    from ..store.decoys import combined_scores
    from ..store.rankings import ByChance

    compared = chance(store, heads, target, decoys)
    scored = combined_scores(store, heads.configuration_id, *target.key)
    if compared is None or not scored:
        return None
    scores = np.concatenate([np.asarray(row.combined, dtype=float) for row in scored])
    return ByChance(decoys, compared.steps(scores, sum(row.length for row in scored)))
