"""A ranking as a file, in the format that its reader wants."""

from __future__ import annotations

from .. import __version__
from ..motifs import motif_of
from .rank import RankedProteome


def write_ranking(
    ranking: RankedProteome, path: str, format_: str, *, provenance: bool = True, force: bool = False
) -> int:
    """Write the rows of `ranking` and return how many.

    Args:
        path: a file, or ``-`` for standard output.
        format_: ``gff3``, ``bed`` or one of `formats.tables.WRITERS`.
        provenance: say in the file where the numbers come from.

    Raises:
        CannotWriteError: if the file stands there and `force` is not set, or cannot be written.
    """
    from ..formats.bed import write_bed
    from ..formats.columns import CARGO_PROBABILITY, NAMES
    from ..formats.gff3 import write_gff3
    from ..formats.tables import write_table

    facts = {"software": f"nesannot {__version__}", **ranking.facts()} if provenance else None
    motif = motif_of(ranking.ranking.motif)
    if format_ == "gff3":
        return write_gff3(path, ranking.rows, motif=motif, provenance=facts, force=force)
    if format_ == "bed":
        return write_bed(path, ranking.rows, motif=motif, provenance=facts, force=force)
    columns = (*NAMES, CARGO_PROBABILITY.name) if ranking.proteins else NAMES
    return write_table(path, ranking.rows, format=format_, columns=columns, provenance=facts, force=force)
