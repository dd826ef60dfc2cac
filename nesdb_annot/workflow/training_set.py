"""Build the proteins to train on from the references in the database.

`reference_sites` says which spans are motifs. Mutations are never taken for signals. The rest of a cargo is unlabelled
and counts as a negative with a smaller weight (`methods.tagger.UNLABELLED_WEIGHT`). Entries with the same sequence are
one protein.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..records import ReferenceEntry
from .reference_sites import by_sequence, truth_of
from .target import find_target

if TYPE_CHECKING:
    from ..language.protocol import Embedder
    from ..learning.examples import TrainingProtein
    from ..segmentation.protocol import Segmenter
    from ..store.engine import Store
    from .progress import Progress

MOTIF_FREE = 300
"""Proteins of an organism without CRM1 that are taught as motif-free."""

WATCHED = 900
"""Further ones that are not taught, less a few that turn out to be relatives of those that are: operating points are
chosen so that few of their candidates are over them."""

NO_ACCESSIONS: Mapping[str, str] = MappingProxyType({})


def training_proteins(
    entries: Sequence[ReferenceEntry], embedder: Embedder, segmenter: Segmenter, progress: Progress
) -> Iterator[TrainingProtein]:
    """Each distinct sequence of `entries` with its embedding, candidates and truth, in the order of digests."""
    from ..learning.examples import TrainingProtein

    groups = sorted(by_sequence(entries, list).items())
    embeddings = embedder.embed(group[0].residues for _, group in groups)
    for (digest, group), embedding in zip(groups, embeddings, strict=True):
        residues = group[0].residues
        progress.advance(len(residues))
        spans = segmenter.spans(residues, embedding)
        accession = min(entry.accession for entry in group)
        yield TrainingProtein(digest, residues, embedding, spans, truth_of(group), accession=accession)


def motif_free_proteins(
    chosen: Sequence[tuple[str, str]],
    label: str,
    embedder: Embedder,
    segmenter: Segmenter,
    progress: Progress,
    accessions: Mapping[str, str] = NO_ACCESSIONS,
) -> Iterator[TrainingProtein]:
    """Yield sequences without a motif with their embeddings and candidates.

    Args:
        chosen: (digest, residues) each.
        label: names the purpose in the progress bar.
        embedder: of the language model.
        segmenter: proposes the candidates.
        progress: shows how many residues are embedded.
        accessions: by digest; proteins that are missing there get none.
    """
    from ..learning.examples import TrainingProtein

    progress.begin(label, sum(len(residues) for _, residues in chosen))
    for (digest, residues), embedding in zip(chosen, embedder.embed(r for _, r in chosen), strict=True):
        progress.advance(len(residues))
        spans = segmenter.spans(residues, embedding)
        accession = accessions.get(digest, "")
        yield TrainingProtein(digest, residues, embedding, spans, cargo=False, accession=accession)
    progress.end()


@dataclass(frozen=True, slots=True)
class Halves:
    """What a proteome without CRM1 is used for; (digest, residues) each, in the order of digests.

    Attributes:
        taught: `MOTIF_FREE` proteins of one half of the families, taught as motif-free.
        watched: of `WATCHED` others of that half those without a relative among those taught: thresholds are chosen on
            them.
        counted: of the other half, all without a relative among those taught and watched: neither taught nor chosen on.
    """

    taught: Sequence[tuple[str, str]]
    watched: Sequence[tuple[str, str]]
    counted: Sequence[tuple[str, str]]


@lru_cache(maxsize=1)
def _halved(sequences: tuple[tuple[str, str], ...]) -> Halves:
    from ..learning.folds import FoldMember, families

    family = families([FoldMember(digest, residues) for digest, residues in sequences]).tolist()
    even = [int(sequences[own][0], 16) % 2 == 0 for own in family]
    teaching = [i for i, wanted in enumerate(even) if wanted]
    relatives = {family[i] for i in teaching[:MOTIF_FREE]}
    taught = [sequences[i] for i in teaching[:MOTIF_FREE]]
    others = [sequences[i] for i in teaching[MOTIF_FREE:] if family[i] not in relatives]
    counted = [one for one, wanted in zip(sequences, even, strict=True) if not wanted]
    # Families of a whole proteome are found by shared words; a distant relative without any is found here.
    watched = _strangers(others[:WATCHED], taught)
    return Halves(taught, watched, _strangers(counted, [*taught, *watched]))


def _strangers(sequences: Sequence[tuple[str, str]], known: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    from ..learning.homology import strangers

    new = strangers([residues for _, residues in sequences], [residues for _, residues in known])
    return [one for one, kept in zip(sequences, new, strict=True) if kept]


def halves(sequences: Mapping[str, str]) -> Halves:
    """`sequences` (digest -> residues) divided by families, none of which is in both halves.

    A family is in the half that is taught if its least digest is even, so that the halves of a proteome stay what they
    are.
    """
    return _halved(tuple(sorted(sequences.items())))


def sequences_of_proteome(store: Store, proteome: str) -> dict[str, str]:
    """Digest -> residues of a proteome's newest release."""
    from ..store.proteomes import sequences_of

    target = find_target(store, proteome)
    return dict(sequences_of(store, *target.key))
