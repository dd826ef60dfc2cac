"""What a language model knows of NESs: peptides in context against matched negatives, beside what needs no learning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..records import Json, ReferenceEntry, Sign
from ..settings import Settings
from .fetch_model import fetch_missing
from .figure_table import Table
from .progress import Progress, Silent
from .reference_sites import by_sequence, training_entries, truth_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..language.protocol import Embedder
    from ..learning.knowledge import Comparison, Peptides, Studied
    from ..store.engine import Store

FOLDS = 5
FEWEST = 12
"""Proteins with a known motif below which no fold could be held out."""

COMPOSITION, RANDOM, MODEL, BOTH = "composition", "random weights", "language model", "composition + language model"
COLUMNS = ("features", "AUC (95 % interval)", "over composition (95 % interval)")


def knowledge_of(
    store: Store, settings: Settings, *, seed: int = 17, progress: Progress | None = None
) -> Sequence[Table]:
    """Compare the settings' language model with composition and with random weights on the references in the database.

    Args:
        store: with the references.
        settings: name the language model, its layer and how it runs.
        seed: of folds, negatives, random weights and resampling.
        progress: told how far the embedding is.

    Returns:
        A table for each kind of negative.

    Raises:
        InputError: if the database holds too few references.
        ConfigurationError: if there are no weights of the language model.
    """
    from ..language.embedder import open_embedder
    from ..store.runs import run

    progress = progress or Silent()
    proteins = studied_proteins(training_entries(store))
    fetch_missing(settings, progress)
    embedder = open_embedder(settings)
    progress.note(embedder.chosen)
    stated = {"language_model": embedder.identity.name, "layer": embedder.identity.layer, "seed": seed}
    with run(store, "knowledge", stated, device=embedder.chosen) as (_, counts):
        comparisons = list(compare(proteins, _models(embedder, settings, seed), seed, progress))
        counts |= {"proteins": len(proteins), "areas": {one.kind: _areas(one) for one in comparisons}}
    return [_table(one, len(proteins)) for one in comparisons]


def studied_proteins(entries: Sequence[ReferenceEntry]) -> list[Studied]:
    """Each distinct sequence with a motif, in the order of digests; all that any entry states of it is annotated.

    Raises:
        InputError: if there are too few.
    """
    from ..learning.knowledge import Studied

    found = []
    for _, own in sorted(by_sequence(entries, list).items()):
        annotated = {site.span for entry in own for site in entry.sites if site.sign is not Sign.NON_MOTIF}
        motifs = truth_of(own).motifs
        if motifs:
            found.append(Studied(own[0].residues, motifs, tuple(sorted(annotated))))
    if len(found) < FEWEST:
        raise InputError(
            f"the database holds {len(found)} proteins with a known NES",
            why=f"at least {FEWEST} are needed to hold families out",
            remedy="nesannot ingest nesdb FILE",
        )
    return found


def _models(embedder: Embedder, settings: Settings, seed: int) -> Iterator[tuple[str, Embedder]]:
    """The language model and, where one can be made, its twin with random weights."""
    from ..language.prott5_files import model_folder
    from ..language.random_twin import random_twin

    yield MODEL, embedder
    if not model_folder(settings):
        yield RANDOM, random_twin(settings, seed)


def compare(
    proteins: Sequence[Studied], models: Iterator[tuple[str, Embedder]], seed: int, progress: Progress
) -> Iterator[Comparison]:
    """Both kinds of negatives in turn, every kind of features on the same rows and folds.

    Raises:
        InputError: if there are too few families to hold some out.
    """
    from ..learning.folds import FoldMember, families, grouped_folds
    from ..learning.knowledge import ANYWHERE, LOOKALIKE, compared, matched_peptides

    members = [
        FoldMember(str(i), p.residues, tuple(span.of(p.residues) for span in p.motifs)) for i, p in enumerate(proteins)
    ]
    family = families(members)
    if (count := len(set(family.tolist()))) < FOLDS:
        told = f"the references make {count} {'family' if count == 1 else 'families'}"
        raise InputError(told, why=f"{FOLDS} are needed to hold some out", remedy="nesannot ingest nesdb FILE")
    fold = grouped_folds(members, FOLDS, seed)
    found = {kind: matched_peptides(proteins, kind, seed) for kind in (ANYWHERE, LOOKALIKE)}
    peptides = {kind: own for kind, own in found.items() if len(own.spans)}
    vectors = {name: _embedded(proteins, peptides, name, model, progress) for name, model in models}
    for kind, own in peptides.items():
        features = _features(proteins, own, {name: by_kind[kind] for name, by_kind in vectors.items()})
        yield compared(kind, own, features, family, fold, seed)


def _embedded(
    proteins: Sequence[Studied], peptides: Mapping[str, Peptides], name: str, model: Embedder, progress: Progress
) -> dict[str, NDArray[np.float64]]:
    """Mean vectors of the peptides of each kind, shape (n, dimension); each protein is embedded once."""
    from ..methods.pooling import pool

    rows: dict[str, list[NDArray[np.float32]]] = {kind: [] for kind in peptides}
    progress.begin(f"embedding {len(proteins)} proteins with {name}", sum(len(p.residues) for p in proteins))
    for index, embedding in enumerate(model.embed(protein.residues for protein in proteins)):
        for kind, own in peptides.items():
            places = np.flatnonzero(own.owner == index).tolist()
            if places:
                rows[kind].append(pool(embedding, [own.spans[place] for place in places]))
        progress.advance(len(proteins[index].residues))
    progress.end()
    return {kind: np.concatenate(parts).astype(np.float64) for kind, parts in rows.items()}


def _features(
    proteins: Sequence[Studied], peptides: Peptides, vectors: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    from ..learning.knowledge import composition, pooled

    letters = pooled(peptides, lambda owner, span: composition(span.of(proteins[owner].residues)))
    return {COMPOSITION: letters, **vectors, BOTH: np.hstack([letters, vectors[MODEL]])}


def _areas(comparison: Comparison) -> Json:
    return {name: [round(value, 4) for value in row] for name, row in comparison.area.items()}


def _table(comparison: Comparison, proteins: int) -> Table:
    def shown(row: tuple[float, float, float] | None, sign: str = "") -> str:
        return "-" if row is None else f"{row[0]:{sign}.3f} ({row[1]:{sign}.3f} to {row[2]:{sign}.3f})"

    rows = [(name, shown(row), shown(comparison.gain.get(name), "+")) for name, row in comparison.area.items()]
    others = f"{comparison.negatives} of the same lengths and proteins, {comparison.kind}"
    title = f"{comparison.positives} peptides of {proteins} proteins against {others}; {comparison.families} families"
    return Table(title, COLUMNS, rows)
