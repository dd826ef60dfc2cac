"""Train the pooled heads only: what follows scores stored vectors again, and embeds no proteome."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import Settings
from .fetch_model import fetch_missing
from .figure_table import Table, shown
from .heads import heads_for
from .material import check_material, gather
from .progress import Progress, Silent
from .reference_sites import references_digest
from .train import TrainedHeads, keep
from .truths import truth_a, truth_b

if TYPE_CHECKING:
    from ..learning.pooled import PooledMerit
    from ..store.engine import Store


def train_pooled_heads(
    store: Store,
    settings: Settings,
    *,
    negatives: str | None = None,
    seed: int = 17,
    save_to: Path | None = None,
    progress: Progress | None = None,
) -> TrainedHeads:
    """Fit similarity, neural head and their calibrations anew, and put the head set that results in use.

    Which candidates are kept, all other heads, the combination and the operating points stay what they are in the head
    set in use, so that `score` and `reannotate` need the stored vectors and no language model.

    Args:
        negatives: a proteome of an organism without CRM1; a part of it is taught to be free of NESs.
        seed: of every random choice.
        save_to: a file that also gets the head set.

    Raises:
        InputError: if the database holds too few references.
        UsageError: if there is no proteome `negatives`.
        ConfigurationError: if there are no weights or no head set for the language model.
        CannotWriteError: if `save_to` cannot be written.
    """
    from ..formats.writing import check_place
    from ..language.embedder import open_embedder
    from ..learning.pooled import refit_pooled
    from ..store.runs import run

    check_place(save_to, "--save-to")
    progress = progress or Silent()
    base = heads_for(store, settings).head_set
    check_material(store, negatives)
    fetch_missing(settings, progress)
    embedder = open_embedder(settings)
    progress.note(embedder.chosen)
    if not negatives and base.report.get("motif_free_proteins"):
        progress.note("the heads in use were taught motif-free proteins, these will not be: --negatives UPID")
    named = {"language_model": embedder.identity.name, "segmentation": settings.segmentation, "base": base.digest}
    stated = {**named, "negatives": negatives, "seed": seed, "pooled_only": True}
    with run(store, "train", stated, device=embedder.chosen) as (run_id, counts):
        material = gather(store, embedder, settings, negatives, seed, progress)
        counts.update(material.counts)
        outcome = refit_pooled(
            base,
            material.proteins,
            material.folds,
            material.resolve,
            refine=material.refine,
            truths={"truth A": truth_a(material.entries), "truth B": truth_b(material.entries)},
            references_digest=references_digest(material.entries),
            seed=seed,
            workers=settings.workers,
            told=progress.note,
        )
        keep(store, outcome.head_set, run_id, save_to)
    tables = tuple(_table(name, merit) for name, merit in outcome.merits.items() if merit.candidates[1])
    return TrainedHeads(outcome.head_set, tables)


def _table(truth: str, merit: PooledMerit) -> Table:
    candidates, motifs = merit.candidates
    seen = f"{candidates:,} stored candidates, {motifs:,} on NESs"
    rows = [(name, shown(precision)) for name, precision in merit.precision.items()]
    title = (
        f"{truth}, fits that had not seen the family, with the pooling, the k and the candidates of the heads in use"
    )
    return Table(f"{title}: {seen}", ("method", "average precision of candidates"), rows)
