"""Ranked candidates as the views list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .engine import Store
from .queries import execute
from .rankings import ByChance, steps_of


def ranked_rows(
    store: Store, ranking_id: int, limit: int | None, minimum_combined: float = 0.0, *, proteins: bool = False
) -> list[dict[str, object]]:
    """Rows of ``nes.candidate_all`` of one ranking, best first, with a column for each method that scored.

    Args:
        limit: at most so many; None for all.
        minimum_combined: threshold on the combined score.
        proteins: only the best one of each sequence, likeliest cargo first; ``cargo_probability`` is one more column.
    """
    wanted = {"ranking_id": ranking_id, "limit": limit, "minimum_combined": minimum_combined}
    with store.transaction() as connection:
        name = "ranked_proteins" if proteins else "ranked_rows"
        rows = [_unfolded(dict(row)) for row in execute(connection, name, **wanted).mappings()]
    return rows if proteins else [_without_cargo(row) for row in rows]


def _unfolded(row: Mapping[str, Any]) -> dict[str, object]:
    """Return a row of the view with the score of each method in a column of its own, whatever methods there are."""
    return {**row, **(row["scores"] or {})}


def _without_cargo(row: dict[str, object]) -> dict[str, object]:
    """A row of a list of candidates: how likely the protein is a cargo is a column of lists of proteins."""
    return {name: value for name, value in row.items() if name != "cargo_probability"}


def names_of_sequences(
    store: Store, proteome: str, release: str, digests: Sequence[str]
) -> dict[str, list[dict[str, object]]]:
    """Digest -> accession, entry_name, gene, protein_name, reviewed and organism of each protein with that sequence.

    The proteins of a release, in the order of their accessions.
    """
    names: dict[str, list[dict[str, object]]] = {}
    scope = {"proteome": proteome, "release": release, "digests": list(digests)}
    with store.transaction() as connection:
        for row in execute(connection, "names_of_sequences", **scope).mappings():
            facts = dict(row)
            names.setdefault(str(facts.pop("sequence_sha256")), []).append(facts)
    return names


def cargo_share(store: Store, ranking_id: int) -> float | None:
    """Mean probability of the proteins of a ranking to be cargoes; None for a ranking without candidates."""
    with store.transaction() as connection:
        found = execute(connection, "cargo_share", ranking_id=ranking_id).scalar_one()
        return None if found is None else float(found)


def count_over(store: Store, ranking_id: int, minimum_combined: float) -> int:
    """How many candidates of a ranking pass a threshold on the combined score."""
    with store.transaction() as connection:
        found: int = execute(
            connection, "count_over", ranking_id=ranking_id, minimum_combined=minimum_combined
        ).scalar_one()
        return found


def sequences_of_ranking(store: Store, ranking_id: int) -> list[tuple[str, str]]:
    """Digest and residues of each distinct sequence of the release that was ranked, in the order of digests."""
    with store.transaction() as connection:
        rows = execute(connection, "sequences_of_ranking", ranking_id=ranking_id)
        return [(row.sha256, row.residues) for row in rows]


@dataclass(frozen=True, slots=True)
class Reranking:
    """What a list assumes in place of what its ranking does.

    Attributes:
        logit_shift: the prior, as `rankings.materialise` takes it.
        by_chance: what q-values and expected numbers come from; None for none.
        retain: q-values and expected numbers of the ranking; they do not depend on the prior.
    """

    logit_shift: float
    by_chance: ByChance | None = None
    retain: bool = False


def ranked_again(
    store: Store,
    ranking_id: int,
    changes: Reranking,
    limit: int | None,
    minimum_combined: float = 0.0,
    *,
    proteins: bool = False,
) -> tuple[list[dict[str, object]], float | None]:
    """What `ranked_rows` and `cargo_share` would give of a ranking made under other assumptions; stores nothing."""
    parameters = {"ranking_id": ranking_id, "limit": limit, "minimum_combined": minimum_combined, "proteins": proteins}
    steps = {"logit_shift": changes.logit_shift, "retain": changes.retain, **steps_of(changes.by_chance)}
    with store.transaction() as connection:
        rows = [_unfolded(dict(row)) for row in execute(connection, "ranked_again", **parameters, **steps).mappings()]
    share = float(str(rows[0]["cargo_share"])) if rows else None
    renewed = [_renewed(row) for row in rows]
    return renewed if proteins else [_without_cargo(row) for row in renewed], share


def _renewed(row: dict[str, object]) -> dict[str, object]:
    """A row of the view with the numbers that were computed for it."""
    computed = {name.removeprefix("new_"): value for name, value in row.items() if name.startswith("new_")}
    stored = {name: value for name, value in row.items() if not name.startswith("new_") and name != "cargo_share"}
    return stored | computed
